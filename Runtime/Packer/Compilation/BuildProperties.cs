using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Llamalith.Packer.Compilation;

/// <summary>The MSBuild properties that the generator is told of.</summary>
/// <param name="properties">Their names and values.</param>
internal sealed class BuildProperties(params (string Name, string Value)[] properties) : AnalyzerConfigOptionsProvider
{
    private static readonly Options s_none = new([]);

    /// <inheritdoc/>
    public override AnalyzerConfigOptions GlobalOptions
    {
        get;
    } = new Options(properties.ToDictionary(static property => "build_property." + property.Name, static property => property.Value));

    /// <inheritdoc/>
    public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => s_none;

    /// <inheritdoc/>
    public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => s_none;

    private sealed class Options(Dictionary<string, string> values) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string key, [NotNullWhen(true)] out string? value) => values.TryGetValue(key, out value);
    }
}
