using BenchmarkDotNet.Attributes;
using Llamalith.Benchmarks.Models;
using Microsoft.CodeAnalysis;

namespace Llamalith.Benchmarks;

/// <summary>The compiler itself: Llama 2 7B from nothing, and a keystroke in another file.</summary>
[MemoryDiagnoser]
public class GeneratorBenchmarks
{
    private readonly GeneratorRun _run = new();
    private GeneratorDriver _driver = null!;

    [GlobalSetup]
    public void Warm()
    {
        _run.WarmCompiler();
        _driver = _run.Generate();
    }

    [Benchmark]
    public object Cold() => _run.Generate();

    [Benchmark]
    public object Keystroke() => _driver.RunGenerators(_run.Edit());
}
