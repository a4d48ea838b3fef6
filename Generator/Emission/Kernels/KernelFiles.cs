using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Emission.Training;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>The kernel files of one instruction set: one a family.</summary>
internal static class KernelFiles
{
    /// <summary>Writes every family that an instruction set is asked for, and returns the kernels' signatures.</summary>
    public static IReadOnlyList<KernelSignature> Write(ModelPlan plan, Dialect isa, Action<string, string> add)
    {
        List<KernelSignature> signatures = [];
        if (isa.MultipliesIntegersOnly)
            Family("Pointwise", Pointwise.WriteFunctions);
        foreach (WeightBlock format in plan.Formats)
        {
            if (isa.MultipliesIntegersOnly && format is not IntegerBlock)
                continue;
            if (IsAskedFor(format, manyTokens: false))
                Family("MatVec" + format.Name, kernels => WriteMatVec(kernels, format));
            if (IsAskedFor(format, manyTokens: true))
                Family("MatMul" + format.Name, kernels => WriteMatMul(kernels, format));
        }

        if (isa.MultipliesIntegersOnly)
            return signatures;

        Family("Attention", kernels =>
        {
            foreach (AttentionForm form in new[] { plan.DecodeAttention, plan.PrefillAttention })
            {
                AttentionScores.Write(kernels, form);
                AttentionSoftmax.Write(kernels, form);
                AttentionMix.Write(kernels, form);
            }

            AttentionResult.WriteCombine(kernels);
            AttentionResult.WriteNormalize(kernels);
            if (plan.Cache.Widens)
                CacheWidening.Write(kernels);
        });
        Family("Pointwise", kernels =>
        {
            Pointwise.WriteFunctions(kernels);
            Pointwise.WriteRmsNorm(kernels);
            HeadStepText.WriteKernels(kernels);
            foreach ((string columns, int count) in plan.ColumnKinds)
            {
                if (plan.IsQuantized(count))
                    Activations.WriteQuantize(kernels, columns, plan.Record(count));
            }
        });
        if (plan.Training is not null)
        {
            Family("TrainingProducts", TrainingProducts.Write);
            Family("TrainingHeads", TrainingProducts.WriteHeads);
            Family("TrainingPointwise", TrainingPointwise.Write);
        }

        return signatures;

        bool IsAskedFor(WeightBlock format, bool manyTokens) =>
            format is not IntegerBlock integer || plan.TargetsOf(IntegerProduct.Of(integer, manyTokens)).Contains(isa);

        void Family(string name, Action<KernelClass> write)
        {
            add($"{isa.Name}.{name}", EngineFile.Write(plan.Spec, writer => writer.Block($"private static unsafe partial class {isa.Name}", () =>
            {
                KernelClass kernels = new(plan, isa, writer);
                write(kernels);
                signatures.AddRange(kernels.Signatures);
            })));
        }
    }

    private static void WriteMatVec(KernelClass kernels, WeightBlock format)
    {
        foreach (ProductPlan product in ProductsOf(kernels.Plan, format))
        {
            if (format is IntegerBlock integer)
                IntegerMatVec.Write(kernels, product, integer);
            else
                FloatMatVec.Write(kernels, product, (FloatBlock)format);
        }
    }

    private static void WriteMatMul(KernelClass kernels, WeightBlock format)
    {
        List<ProductPlan> products = ProductsOf(kernels.Plan, format);
        if (format is IntegerBlock shared && products.Count > 0)
            IntegerMatMul.WriteShared(kernels, products.Select(product => product.Columns).Distinct().ToList(), shared);
        foreach (ProductPlan product in products)
        {
            if (format is IntegerBlock integer)
                IntegerMatMul.Write(kernels, product, integer);
            else
                FloatMatMul.Write(kernels, product, (FloatBlock)format);
        }
    }

    // Those whose rows are whole blocks.
    private static List<ProductPlan> ProductsOf(ModelPlan plan, WeightBlock format) =>
        plan.Products.Where(product => product.ColumnCount % format.Columns == 0).ToList();
}
