using System;
using System.Collections.Generic;

namespace Llamalith.Llama2c;

/// <summary>
/// One array of a checkpoint: <see cref="Count"/> tensors of [<see cref="Rows"/>, <see cref="Columns"/>] from <see cref="Offset"/> on. Each
/// is floats, or, where there is a group size, all its signed bytes and then the float scale of each group of them.
/// </summary>
internal readonly record struct Llama2cBlock(Llama2cArray Array, int Count, int Rows, int Columns, int GroupSize, Int128 Offset)
{
    public Int128 Elements => (Int128)Rows * Columns;

    public Int128 TensorBytes => GroupSize == 0 ? Elements * sizeof(float) : Elements + (Elements / GroupSize * sizeof(float));

    public Int128 End => Offset + (TensorBytes * Count);
}

/// <summary>
/// Which array lies where, in the order of each version. Sizes come from an untrusted header, so they are added up in 128 bits.
/// </summary>
internal static class Llama2cLayout
{
    /// <summary>The magic number of version 1 and later, "ak42" for a machine that reads its bytes the other way round.</summary>
    public const uint Magic = 0x616b3432;

    /// <summary>dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size and seq_len.</summary>
    public const int Version0HeaderBytes = 7 * sizeof(int);

    /// <summary>Of version 2 too.</summary>
    public const int Version1HeaderBytes = 256;

    public const int QuantizedVersion = 2;

    private static readonly Llama2cArray[] Order0 =
    [
        Llama2cArray.TokenEmbedding, Llama2cArray.AttentionNorm, Llama2cArray.Query, Llama2cArray.Key, Llama2cArray.Value,
        Llama2cArray.AttentionOutput, Llama2cArray.FfnNorm, Llama2cArray.Gate, Llama2cArray.Down, Llama2cArray.Up,
        Llama2cArray.FinalNorm, Llama2cArray.RopeCosines, Llama2cArray.RopeSines, Llama2cArray.Classifier,
    ];

    private static readonly Llama2cArray[] Order1 =
    [
        Llama2cArray.AttentionNorm, Llama2cArray.FfnNorm, Llama2cArray.FinalNorm, Llama2cArray.TokenEmbedding, Llama2cArray.Query,
        Llama2cArray.Key, Llama2cArray.Value, Llama2cArray.AttentionOutput, Llama2cArray.Gate, Llama2cArray.Down, Llama2cArray.Up,
        Llama2cArray.Classifier,
    ];

    /// <summary>The arrays in the file's order. The end of the last is the file's length.</summary>
    public static IReadOnlyList<Llama2cBlock> Of(Llama2cHeader header)
    {
        Int128 offset = header.Version == 0 ? Version0HeaderBytes : Version1HeaderBytes;
        List<Llama2cBlock> blocks = [];
        foreach (Llama2cArray array in header.Version == 0 ? Order0 : Order1)
        {
            if (array == Llama2cArray.Classifier && header.SharedClassifier)
                continue;
            (int count, int rows, int columns) = SizeOf(array, header);
            bool quantized = header.Version == QuantizedVersion
                && array is not (Llama2cArray.AttentionNorm or Llama2cArray.FfnNorm or Llama2cArray.FinalNorm);
            Llama2cBlock block = new(array, count, rows, columns, quantized ? header.GroupSize : 0, offset);
            blocks.Add(block);
            offset = block.End;
        }

        return blocks;
    }

    private static (int Count, int Rows, int Columns) SizeOf(Llama2cArray array, Llama2cHeader h) => array switch
    {
        Llama2cArray.TokenEmbedding or Llama2cArray.Classifier => (1, h.VocabSize, h.Dim),
        Llama2cArray.AttentionNorm or Llama2cArray.FfnNorm => (h.Layers, 1, h.Dim),
        Llama2cArray.FinalNorm => (1, 1, h.Dim),
        Llama2cArray.Query or Llama2cArray.AttentionOutput => (h.Layers, h.Dim, h.Dim),
        Llama2cArray.Key or Llama2cArray.Value => (h.Layers, h.KvHeads * h.HeadDim, h.Dim),
        Llama2cArray.Gate or Llama2cArray.Up => (h.Layers, h.FfnDim, h.Dim),
        Llama2cArray.Down => (h.Layers, h.Dim, h.FfnDim),
        Llama2cArray.RopeCosines or Llama2cArray.RopeSines => (1, h.Context, h.HeadDim / 2),
        _ => throw new ArgumentOutOfRangeException(nameof(array), array, "No such array."),
    };
}
