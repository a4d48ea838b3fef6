using System.Collections.Generic;
using Llamalith.Cli.Benchmarking;
using Llamalith.Contracts;
using Llamalith.Reference;

namespace Llamalith.Tests.Benchmarking;

public class ModelWorkTests
{
    [Fact]
    public void Work_OfLlama2_7BIsThePublishedOne()
    {
        ModelWork work = ModelWork.From(
            new ModelShape { Dim = 4096, FfnDim = 11008, Layers = 32, Heads = 32, KvHeads = 32, HeadDim = 128, VocabSize = 32000,
                Context = 4096, TiedEmbeddings = false },
            "7B");

        // Forward multiplications of a token, twice: a multiply-add is two operations.
        Assert.Equal(13_214_154_752, 2 * (work.LayerMultiplies + work.ClassifierMultiplies));
        Assert.Equal(4 * 6_607_077_376, work.WeightBytes);
        Assert.Equal((512.0 * work.LayerMultiplies) + work.ClassifierMultiplies, work.PromptMultiplies(512));
    }

    [Theory]
    [InlineData(false, TensorType.F32, 12 + 400)]
    [InlineData(true, TensorType.F16, 600 + 400)]
    public unsafe void Work_OfAFileCountsTheBytesThatATokenReads(bool tied, TensorType type, long expected)
    {
        using ListedCheckpoint checkpoint = new(tied)
        {
            { TensorNames.TokenEmbedding, new TensorView("e", type, 50, 3, null, 600) },
            { TensorNames.OfLayer(0, LayerNames.Query), new TensorView("q", type, 10, 10, null, 400) },
        };
        ModelWork work = ModelWork.From(checkpoint, "file");
        Assert.Equal(expected, work.WeightBytes);
        Assert.False(work.Quantized);
    }

    [Fact]
    public unsafe void Work_IsQuantizedWhereMostBytesAre()
    {
        using ListedCheckpoint checkpoint = new(tied: false)
        {
            { TensorNames.Classifier, new TensorView("c", TensorType.F32, 10, 10, null, 400) },
            { TensorNames.OfLayer(0, LayerNames.Query), new TensorView("q", (TensorType)2, 1, 1, null, 500) },
        };
        Assert.True(ModelWork.From(checkpoint, "file").Quantized);
    }

    private sealed class ListedCheckpoint(bool tied) : Checkpoint, System.Collections.IEnumerable
    {
        private readonly Dictionary<string, TensorView> tensors = [];

        public override string Path => "listed";

        public override ModelShape Shape { get; } = new()
        {
            Dim = 8,
            FfnDim = 16,
            Layers = 1,
            Heads = 2,
            KvHeads = 2,
            HeadDim = 4,
            VocabSize = 50,
            Context = 16,
            TiedEmbeddings = tied,
        };

        public override RopeLayout RopeLayout => RopeLayout.Interleaved;

        public override IReadOnlyCollection<string> CanonicalNames => tensors.Keys;

        public void Add(string name, TensorView tensor) => tensors.Add(name, tensor);

        public override string KeyOf(string hyperparameter) => hyperparameter;

        public override bool TryGetTensor(string name, out TensorView tensor) => tensors.TryGetValue(name, out tensor);

        public System.Collections.IEnumerator GetEnumerator() => tensors.GetEnumerator();

        protected override void Dispose(bool disposing)
        {
        }
    }
}
