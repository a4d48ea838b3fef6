using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.Engines.Kernels;
using Llamalith.Reference;

namespace Llamalith.KernelChecks.Checks;

/// <summary>Loading: what the class was compiled for, and every checkpoint that is not that.</summary>
internal static class LoadChecks
{
    public static IEnumerable<(string Behaviour, Action Run)> Of<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        yield return ("the compiled shape is the attribute's", () => ShapeIsTheAttributes(subject));
        yield return ("the best instruction set is picked", () => BestInstructionSetIsPicked(subject));
        yield return ("a checkpoint with other hyperparameters is refused", () => OtherHyperparametersAreRefused(subject));
        yield return ("a missing tensor is refused", () => MissingTensorIsRefused(subject));
        yield return ("a tensor of another shape is refused", () => OtherTensorShapeIsRefused(subject));
        yield return ("load options are minded", () => OptionsAreMinded(subject));
    }

    /// <summary>A class of which this machine has no instruction set says so.</summary>
    public static void UnsupportedIsRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache> =>
        Expect.Throws<PlatformNotSupportedException>(
            () => subject.Load().Dispose(), $"{subject.Name}: loading where none of its instruction sets exists");

    private static void ShapeIsTheAttributes<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        ModelShape shape = TModel.CompiledShape;
        if (shape.RopeScaling is null or RopeScaling.None)
            shape = shape with { RopeScalingFactor = null };
        Expect.Equal(shape, subject.Shape, $"{subject.Name}: CompiledShape");
        using TModel model = subject.Load();
        Expect.Equal(model.Shape, TModel.CompiledShape, $"{subject.Name}: Shape");
    }

    private static void BestInstructionSetIsPicked<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        using TModel model = subject.Load();
        Expect.Equal(model.InstructionSet, InstructionSets.Best(subject.Isa)!, $"{subject.Name}: InstructionSet");
    }

    private static void OtherHyperparametersAreRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        ModelShape mine = subject.Shape;
        (string Property, ModelShape Theirs, IFormattable A, IFormattable B)[] others =
        [
            (nameof(ModelShape.Dim), mine with { Dim = mine.Dim + 2 }, mine.Dim, mine.Dim + 2),
            (nameof(ModelShape.FfnDim), mine with { FfnDim = mine.FfnDim + 1 }, mine.FfnDim, mine.FfnDim + 1),
            (nameof(ModelShape.Layers), mine with { Layers = mine.Layers + 1 }, mine.Layers, mine.Layers + 1),
            (nameof(ModelShape.Heads), mine with { Heads = mine.Heads * 2 }, mine.Heads, mine.Heads * 2),
            (nameof(ModelShape.KvHeads), mine with { KvHeads = mine.KvHeads + 1 }, mine.KvHeads, mine.KvHeads + 1),
            (nameof(ModelShape.HeadDim), mine with { HeadDim = mine.HeadDim + 2 }, mine.HeadDim, mine.HeadDim + 2),
            (nameof(ModelShape.VocabSize), mine with { VocabSize = mine.VocabSize - 1 }, mine.VocabSize, mine.VocabSize - 1),
            (nameof(ModelShape.Context), mine with { Context = mine.Context - 1 }, mine.Context, mine.Context - 1),
            (nameof(ModelShape.NormEps), mine with { NormEps = 0.125 }, mine.NormEps!.Value, 0.125),
            (nameof(ModelShape.RopeTheta), mine with { RopeTheta = 31 }, mine.RopeTheta!.Value, 31),
            (nameof(ModelShape.SlidingWindow), mine with { SlidingWindow = 77 }, mine.SlidingWindow!.Value, 77),
        ];
        foreach ((string property, ModelShape theirs, IFormattable a, IFormattable b) in others)
        {
            using MemoryCheckpoint checkpoint = subject.Checkpoint().Share(theirs);
            var refusal = Expect.Throws<ModelMismatchException>(
                () => Subject<TModel, TCache>.Load(checkpoint).Dispose(), $"{subject.Name}: a checkpoint with another {property}");
            Expect.Names(refusal, property, a.ToString(null, CultureInfo.InvariantCulture), "memory." + property,
                b.ToString(null, CultureInfo.InvariantCulture));
        }

        foreach (ModelShape theirs in (ModelShape[])[mine with { TiedEmbeddings = !mine.TiedEmbeddings },
            mine with { QkvBias = !mine.QkvBias }])
        {
            using MemoryCheckpoint checkpoint = subject.Checkpoint().Share(theirs);
            Expect.Throws<ModelMismatchException>(
                () => Subject<TModel, TCache>.Load(checkpoint).Dispose(), $"{subject.Name}: tied or biased otherwise");
        }

        // A file that was trained on a longer context, or does not speak of epsilon, is fine.
        using TModel model = Subject<TModel, TCache>.Load(
            subject.Checkpoint()
                .Share(mine with { Context = mine.Context + 1, NormEps = null, RopeTheta = null, SlidingWindow = null, QkvBias = null }));
        Expect.Close(model.Decode(subject.Tokens[0]), subject.Expected[0], subject.Bound, $"{subject.Name}: a file that says less");
    }

    private static void MissingTensorIsRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (string name in subject.Checkpoint().CanonicalNames)
        {
            using MemoryCheckpoint checkpoint = subject.Checkpoint();
            checkpoint.Remove(name);
            var refusal = Expect.Throws<ModelMismatchException>(
                () => Subject<TModel, TCache>.Load(checkpoint).Dispose(), $"{subject.Name}: a checkpoint without {name}");
            Expect.Names(refusal, name);
        }
    }

    private static void OtherTensorShapeIsRefused<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (string name in subject.Checkpoint().CanonicalNames)
        {
            subject.Checkpoint().TryGetTensor(name, out TensorView tensor);
            foreach ((long rows, long columns) in ((long, long)[])[(tensor.Rows + 1, tensor.Columns), (tensor.Rows, tensor.Columns + 1),
                (tensor.Columns, tensor.Rows)])
            {
                if (rows == tensor.Rows && columns == tensor.Columns)
                    continue;
                using MemoryCheckpoint checkpoint = subject.Checkpoint();
                checkpoint.Set(name, (int)rows, (int)columns, new float[rows * columns]);
                var refusal = Expect.Throws<ModelMismatchException>(
                    () => Subject<TModel, TCache>.Load(checkpoint).Dispose(), $"{subject.Name}: {name} [{rows}, {columns}]");
                Expect.Names(refusal, name, rows.ToString(CultureInfo.InvariantCulture), columns.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static void OptionsAreMinded<TModel, TCache>(Subject<TModel, TCache> subject)
        where TModel : class, ILlamaModel<TModel>, IConversation<TCache>
        where TCache : struct, IKvCache<TCache>
    {
        foreach (int threads in (int[])[0, -1])
        {
            Expect.Throws<ArgumentOutOfRangeException>(() => subject.Load(threads).Dispose(), $"{subject.Name}: {threads} threads");
        }

        Expect.Throws<OperationCanceledException>(
            () => TModel.Load(subject.Checkpoint(), new LoadOptions { Threads = 1, Cancellation = new CancellationToken(canceled: true) })
                .Dispose(),
            $"{subject.Name}: a cancelled load");
        var progress = new Shares();
        using TModel model = TModel.Load(subject.Checkpoint(), new LoadOptions { Threads = 1, Progress = progress });
        Expect.Equal(progress.Largest, 1.0, $"{subject.Name}: the last share of progress");
        Expect.True(progress.Smallest is >= 0 and <= 1, $"{subject.Name}: the first share of progress is {progress.Smallest}.");

        // No options at all: as many threads as the model's size is worth.
        using TModel usual = TModel.Load(subject.Checkpoint());
        Expect.Equal(usual.Threads, ThreadsWorth(subject.Shape, subject.Checkpoint()), $"{subject.Name}: Threads by default");
        Expect.Identical(usual.Decode(subject.Tokens[0]), model.Decode(subject.Tokens[0]), $"{subject.Name}: default options");
    }

    // 32 KiB of panels for each thread, five barriers a layer and one before the classifier.
    private static int ThreadsWorth(ModelShape shape, Checkpoint checkpoint)
    {
        long bytes = 0;
        foreach (string name in checkpoint.CanonicalNames)
        {
            if (name == TensorNames.TokenEmbedding && !shape.TiedEmbeddings)
                continue;
            if (!checkpoint.TryDescribe(name, out TensorInfo tensor))
                throw new CheckFailedException($"{name} is named but not there.");

            // Gate and up share panels, 16 rows of each.
            if (name.EndsWith(LayerNames.Up, StringComparison.Ordinal))
                continue;
            int panels = name.EndsWith(LayerNames.Gate, StringComparison.Ordinal)
                ? WeightPacker.PairPanels(tensor.Rows) : WeightPacker.Panels(tensor.Rows);
            bytes += tensor.Rows == 1
                ? WeightPacker.VectorBytes(tensor.Columns) : panels * WeightPacker.PanelBytes(tensor.Type, tensor.Columns);
        }

        return (int)Math.Clamp(bytes / (((5 * shape.Layers) + 1) * 32768L), 1, Environment.ProcessorCount);
    }

    private sealed class Shares : IProgress<double>
    {
        private readonly Lock _lock = new();

        public double Smallest { get; private set; } = double.PositiveInfinity;

        public double Largest { get; private set; } = double.NegativeInfinity;

        public void Report(double value)
        {
            lock (_lock)
            {
                Smallest = Math.Min(Smallest, value);
                Largest = Math.Max(Largest, value);
            }
        }
    }
}
