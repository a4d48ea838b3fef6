using System.Collections.Generic;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>A checkpoint without tensors.</summary>
internal sealed class NoCheckpoint : Checkpoint
{
    public static ModelShape OfTest { get; } = new()
    {
        Dim = 2, FfnDim = 2, Layers = 1, Heads = 1, KvHeads = 1, HeadDim = 2, VocabSize = 20, Context = 32, TiedEmbeddings = false,
    };

    public override string Path => "nothing";

    public override ModelShape Shape => OfTest;

    public override RopeLayout RopeLayout => RopeLayout.Interleaved;

    public override IReadOnlyCollection<string> CanonicalNames => [];

    public override string KeyOf(string hyperparameter) => hyperparameter;

    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        tensor = default;
        return false;
    }

    public bool IsDisposed { get; private set; }

    protected override void Dispose(bool disposing)
    {
        Assert.False(IsDisposed);
        IsDisposed = true;
    }
}
