using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Llamalith.Cli.Compilation;

/// <summary>What the generator is told of this machine where an engine is to run here and now: kernels that it would not take are not emitted.</summary>
internal sealed class MachineOptions : AnalyzerConfigOptionsProvider
{
    private static readonly Options s_none = new([]);

    /// <inheritdoc/>
    public override AnalyzerConfigOptions GlobalOptions { get; } = new Options(new() { ["build_property.LlamalithAvxVnni"] = MachineIsa.HasAvxVnni ? "true" : "false" });

    /// <inheritdoc/>
    public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => s_none;

    /// <inheritdoc/>
    public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => s_none;

    private sealed class Options(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value) => values.TryGetValue(key, out value);
    }
}
