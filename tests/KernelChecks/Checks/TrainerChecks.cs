using System.Collections.Generic;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.Reference;

namespace Llamalith.KernelChecks.Checks;

/// <summary>The trainers of the classes for one instruction set each.</summary>
internal static class TrainerChecks
{
    public static IEnumerable<Check> All()
    {
        yield return Of<OnlyScalar.Trainer>(nameof(OnlyScalar), Isa.Scalar);
        yield return Of<OnlyAvx2.Trainer>(nameof(OnlyAvx2), Isa.Avx2);
        yield return Of<OnlyAvx512.Trainer>(nameof(OnlyAvx512), Isa.Avx512);
        yield return Of<OnlyNeon.Trainer>(nameof(OnlyNeon), Isa.Neon);
    }

    private static Check Of<TTrainer>(string name, Isa isa)
        where TTrainer : ITrainer<TTrainer> =>
        new($"{name}: gradients agree with finite differences", () => InstructionSets.Best(isa) is not null, GradientsAgree<TTrainer>);

    private static void GradientsAgree<TTrainer>()
        where TTrainer : ITrainer<TTrainer>
    {
        ModelShape shape = TTrainer.CompiledShape;
        using MemoryCheckpoint weights = new RandomWeights { Seed = 5, QueryScale = 1 }.Make(shape);
        using TTrainer trainer = TTrainer.Load(weights, new TrainerOptions { Threads = 1, TokenCapacity = 64 });
        string? disagreement =
            FiniteDifferences.Disagreement(trainer, TrainingBatch.Random(shape.VocabSize, 3, 2, 37), weights, elements: 1);
        Expect.True(disagreement is null, disagreement!);
    }
}
