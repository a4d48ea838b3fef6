using System;
using Llamalith.Contracts;
using Llamalith.Tests.Tools;

namespace Llamalith.Tests.Contracts;

/// <summary>What a binder says of the weights that it bound.</summary>
public class WeightIdentityTests
{
    private const int Rows = 64, Columns = 512;

    [Fact]
    public void Identity_IsThatOfWhatWasBound()
    {
        float[] weights = new float[Rows * Columns];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = i;
        string identity = Bind(weights);
        Assert.StartsWith("fingerprint:", identity, StringComparison.Ordinal);
        Assert.Equal(identity, Bind([.. weights]));

        // All of a small tensor; of a larger one the pages at both ends and two between.
        foreach (int at in (int[])[0, 1023, weights.Length / 3, weights.Length - 1])
        {
            float[] changed = [.. weights];
            changed[at] += 1;
            Assert.NotEqual(identity, Bind(changed));
        }

        Assert.NotEqual(identity, Bind(weights, norm: 2));
        Assert.NotEqual(identity, Bind(weights, embedding: 2));
    }

    private static string Bind(float[] weights, float norm = 1, float embedding = 1)
    {
        ModelShape shape = SmallModels.Shape;
        using MemoryCheckpoint checkpoint = new(shape, RopeLayout.Interleaved);
        checkpoint.Put("matrix", Rows, Columns, weights);
        checkpoint.Put("norm", 1, 3, [1, norm, 3]);
        checkpoint.Put(TensorNames.TokenEmbedding, 1, 3, [1, embedding, 3]);
        using WeightBinder binder = new(checkpoint, "Test", [TensorType.F32], new LoadOptions());
        for (int round = 0; round < 2; round++)
        {
            unsafe
            {
                _ = binder.Vector("norm", 3);
            }

            _ = binder.Matrix("matrix", Rows, Columns);
            if (round == 0)
                binder.Allocate();
        }

        return binder.Identity;
    }
}
