using System;
using System.Collections.Immutable;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Generator.Reading;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Llamalith.Tests.Harness;

/// <summary>Runs the analyzer and, for tests, writes a diagnostic as "LLAMA008 at `KvHeads = 3`: message".</summary>
internal static class Analyzer
{
    public static async Task<ImmutableArray<Diagnostic>> AnalyzeAsync(
        Compilation compilation, TestProperties? properties = null, params AdditionalText[] files)
    {
        AnalyzerOptions options = properties is null ? new AnalyzerOptions([.. files]) : new AnalyzerOptions([.. files], properties);
        CompilationWithAnalyzers analysis = compilation.WithAnalyzers([new LlamaModelAnalyzer()], options);
        ImmutableArray<Diagnostic> found = await analysis.GetAnalyzerDiagnosticsAsync(TestContext.Current.CancellationToken);
        return [.. found.OrderBy(static d => d.Location.SourceSpan.Start).ThenBy(static d => d.Id, StringComparer.Ordinal)];
    }

    public static async Task<string[]> ReportAsync(string source, TestProperties? properties = null) =>
        Describe(await AnalyzeAsync(Compiler.Compile(source), properties));

    /// <summary>With additional files.</summary>
    public static async Task<string[]> ReportAsync(string source, params AdditionalText[] files) =>
        Describe(await AnalyzeAsync(Compiler.Compile(source), null, files));

    public static string[] Describe(ImmutableArray<Diagnostic> diagnostics) => [.. diagnostics.Select(static d =>
        $"{d.Id} at `{d.Location.SourceTree!.GetText().ToString(d.Location.SourceSpan)}`: {d.GetMessage(CultureInfo.InvariantCulture)}")];
}
