using System.Collections.Generic;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Tests.Hostile;

/// <summary>What became of a project.</summary>
internal enum Outcome
{
    /// <summary>It is no legal C# by itself.</summary>
    Illegal,

    /// <summary>A diagnostic says why there is no engine.</summary>
    Explained,

    /// <summary>It has its engine.</summary>
    Emitted,
}

/// <summary>
/// The promise to every project that is legal C#: an engine and no word of the compiler's, or a diagnostic that explains.
/// </summary>
internal static class Hostility
{
    /// <summary>Tries a project; an exception tells how the promise was broken.</summary>
    /// <exception cref="BrokenPromiseException">It was.</exception>
    public static Outcome Try(HostileProject project)
    {
        CSharpCompilation alone = Workbench.Compile(project);
        if (Workbench.Emit(alone).Any(IsError))
            return Outcome.Illegal;

        CSharpCompilation whole = Workbench.Generate(project, alone, out ImmutableArray<Diagnostic> complaints);
        SyntaxTree[] generated = [.. whole.SyntaxTrees.Except(alone.SyntaxTrees)];
        List<string> faults = [.. complaints.Select(static complaint => "The generator: " + Describe(complaint))];
        faults.AddRange(Workbench.Emit(whole)
            .Where(found =>
                IsError(found) || (found.Severity == DiagnosticSeverity.Warning && generated.Contains(found.Location.SourceTree)))
            .Take(3)
            .Select(Describe));
        string[] explained = [.. Workbench.Analyze(alone, whole).Where(IsError).Select(Describe)];
        if (generated.Length == 0 && explained.Length == 0)
            faults.Add("There is neither an engine nor an explanation.");
        if (generated.Length > 0 && explained.Length > 0)
            faults.Add("There is an engine, but " + explained[0]);
        return faults.Count > 0 ? throw new BrokenPromiseException(string.Join("\n", faults) + "\n" + project)
            : generated.Length > 0 ? Outcome.Emitted : Outcome.Explained;
    }

    private static bool IsError(Diagnostic diagnostic) => diagnostic.Severity == DiagnosticSeverity.Error;

    private static string Describe(Diagnostic diagnostic) => diagnostic.ToString() is var text && diagnostic.Location.SourceTree is { } tree
        ? $"{text}: {tree.GetText().Lines[diagnostic.Location.GetLineSpan().StartLinePosition.Line].ToString().Trim()}"
        : diagnostic.GetMessage(CultureInfo.InvariantCulture);
}
