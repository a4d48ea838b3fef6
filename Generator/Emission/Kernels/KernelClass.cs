using System;
using System.Collections.Generic;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>A kernel as the dispatcher calls it: every instruction set has one of this name and these parameters.</summary>
/// <param name="Name">As in MatVecDimStore.</param>
/// <param name="Parameters">As in "float* x, int count".</param>
/// <param name="Arguments">As in "x, count".</param>
/// <param name="Integers">The integers that it multiplies; null where it multiplies none.</param>
internal sealed record KernelSignature(string Name, string Parameters, string Arguments, IntegerProduct? Integers);

/// <summary>Writes one file of kernels of one instruction set, and collects their signatures.</summary>
internal sealed class KernelClass(ModelPlan plan, Dialect isa, SourceWriter writer)
{
    private readonly List<KernelSignature> _signatures = [];

    public ModelPlan Plan => plan;

    public Dialect Isa => isa;

    public SourceWriter Writer => writer;

    public IReadOnlyList<KernelSignature> Signatures => _signatures;

    /// <summary>Writes a kernel: its equation, what it moves, and its body.</summary>
    public void Kernel(
        string name,
        string equation,
        string shape,
        IReadOnlyList<(string Type, string Name)> parameters,
        Action body,
        IntegerProduct? integers = null)
    {
        List<string> declared = [];
        List<string> passed = [];
        foreach ((string type, string parameter) in parameters)
        {
            declared.Add(type + " " + parameter);
            passed.Add(parameter);
        }

        KernelSignature signature = new(name, declared.Join(", "), passed.Join(", "), integers);
        if (_signatures.Count > 0)
            writer.Line();
        _signatures.Add(signature);
        writer.Line($"/// <summary>{equation}</summary>");
        writer.Line("// " + shape);
        writer.HotMethod($"public static void {name}({signature.Parameters})", body);
    }

    /// <summary>A vector of the KV cache's elements at a pointer, widened to floats (see <see cref="CacheScale"/>).</summary>
    public string LoadCache(Dialect width, string pointer) => plan.Spec.KvCache switch
    {
        Spec.KvFormat.F32 => width.Load(pointer),
        Spec.KvFormat.F16 => width.WidenHalf(pointer),
        Spec.KvFormat.Int8 => width.ToFloat(width.WidenBytes(pointer, signed: true)),
        _ => throw new InvalidOperationException($"No kernel reads a cache of {plan.Spec.KvCache}."),
    };

    /// <summary>What sums over widened cache elements must be multiplied by; empty for nothing.</summary>
    public string CacheScale => plan.Cache.LosesExponent ? $"({Dialect.HalfFactor} / {Code.Int(CacheLayout.HalfRaise)})" : "";
}
