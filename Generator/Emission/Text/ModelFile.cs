using System;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Text;

/// <summary>
/// A file that adds to the user's own class. It lies among the user's names, any of which may hide a framework's: every type in it is named
/// from global:: on.
/// </summary>
internal static class ModelFile
{
    /// <summary>The run time's contracts.</summary>
    public const string Contracts = "global::Llamalith.Contracts";

    /// <summary>The user's class. A base class may have a nested type of its simple name.</summary>
    public static string ClassOf(ModelSpec spec) => "global::" + spec.FullName;

    public static string Write(ModelSpec spec, string bases, Action<SourceWriter> body)
    {
        SourceWriter writer = new();
        FileOpening.Write(writer);
        if (spec.Namespace.Length > 0)
        {
            writer.Line($"namespace {spec.Namespace};");
            writer.Line();
        }

        writer.Block($"partial class {spec.TypeName}{bases}", () => body(writer));
        return writer.Finish();
    }
}
