using System;
using System.Collections.Generic;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>The kernel files of one instruction set: one a family.</summary>
internal static class KernelFiles
{
    /// <summary>Writes every family and returns the kernels' signatures, the same for every instruction set.</summary>
    public static IReadOnlyList<KernelSignature> Write(ModelPlan plan, Dialect isa, Action<string, string> add)
    {
        List<KernelSignature> signatures = [];
        Family("MatVec", kernels =>
        {
            foreach (ProductPlan product in plan.Products)
                MatVec.Write(kernels, product);
        });
        Family("MatMul", kernels =>
        {
            foreach (ProductPlan product in plan.PrefillProducts)
                MatMul.Write(kernels, product);
        });
        Family("Attention", kernels =>
        {
            foreach (int rows in plan.QueryRowCounts)
                Attention.Write(kernels, rows);
            Attention.WriteNormalize(kernels);
        });
        Family("Pointwise", kernels =>
        {
            Pointwise.WriteFunctions(kernels);
            Pointwise.WriteRmsNorm(kernels);
            Pointwise.WriteRotate(kernels);
        });
        return signatures;

        void Family(string name, Action<KernelClass> write)
        {
            SourceWriter writer = new();
            ModelFile.Write(writer, plan.Spec, () => writer.Block($"private static unsafe partial class {isa.Name}", () =>
            {
                KernelClass kernels = new(plan, isa, writer);
                write(kernels);
                signatures.AddRange(kernels.Signatures);
            }));
            add($"{isa.Name}.{name}", writer.ToString());
        }
    }
}
