using System.Collections.Generic;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Tests.Hostile;

/// <summary>A consumer's project that makes life hard for generated source.</summary>
internal sealed record HostileProject
{
    public required IReadOnlyList<string> Sources { get; init; }

    public bool Checked { get; init; }

    public bool Optimized { get; init; } = true;

    public bool Documented { get; init; }

    public int WarningLevel { get; init; } = 4;

    public NullableContextOptions Nullable { get; init; }

    public LanguageVersion Language { get; init; } = LanguageVersion.CSharp14;

    public override string ToString() =>
        $"Checked = {Checked}, Optimized = {Optimized}, Documented = {Documented}, WarningLevel = {WarningLevel}, Nullable = {Nullable}, "
            + $"Language = {Language}\n"
        + string.Concat(Sources.Select(static (source, index) => $"// Source{index}.cs\n{source}\n"));
}
