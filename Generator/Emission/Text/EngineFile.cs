using System;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Text;

/// <summary>
/// A file of the engine. It lies in a namespace of its own, out of reach of the user's names; and since a using directive within a
/// namespace comes before all that lies further out, no type or alias of the project hides what is meant.
/// </summary>
internal static class EngineFile
{
    /// <summary>A part of the class Engine.</summary>
    public static string Write(ModelSpec spec, Action<SourceWriter> body) => Write(spec, "", "", body);

    /// <summary>The part that says what the class is.</summary>
    public static string Write(ModelSpec spec, string summary, string bases, Action<SourceWriter> body)
    {
        SourceWriter text = new();
        if (summary.Length > 0)
        {
            text.Line($"/// <summary>{summary}</summary>");
            text.Line(FileOpening.GeneratedCode);
        }

        text.Block($"internal sealed partial class Engine{bases}", () => body(text));

        SourceWriter head = new();
        FileOpening.Write(head);
        head.Line($"namespace {spec.EngineNamespace};");
        head.Line();
        foreach (string directive in Aliases.Directives(text.UsedAliases))
            head.Line(directive);
        head.Line();
        return text.After(head);
    }
}
