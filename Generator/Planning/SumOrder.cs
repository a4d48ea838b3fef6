using System;

namespace Llamalith.Generator.Planning;

/// <summary>The two orders in which rows of activations are summed. Whoever shares a pass changes nothing of a row's.</summary>
internal enum RowClass
{
    /// <summary>A prompt's tokens, however it is cut into chunks.</summary>
    Prompt,

    /// <summary>Single tokens and guesses that are verified, in however many rows at once.</summary>
    Decode,
}

/// <summary>
/// The order in which sums are added. It is the same for every instruction set, whatever its vectors hold, so that logits, keys and values
/// are the same bits on every machine: a panel holds a row a lane, so that any width can add a row's products in one order.
/// </summary>
internal static class SumOrder
{
    /// <summary>
    /// Chains of a row's products in decode: column c is added to chain c % 2, and the chains at the end. Two keep the multipliers busy
    /// where a panel is as many vectors as instruction sets with narrow ones have; wide ones read faster than memory even so.
    /// </summary>
    public const int ColumnChains = 2;

    /// <summary>Chains of a row's products of floats. Products of integers are exact chunk by chunk, and have one order.</summary>
    public static int Chains(RowClass rows) => rows == RowClass.Decode ? ColumnChains : 1;

    /// <summary>
    /// Lanes of a sum over the elements of a vector, of RMSNorm's squares and the softmax's weights: element i is added to lane i % 32;
    /// then the upper half of the lanes to the lower, until one is left.
    /// </summary>
    public const int Lanes = 32;

    /// <summary>Multiply-adds that must be under way to keep two units of four cycles' latency busy, in numbers of AVX2.</summary>
    private const int BusyFloats = 64;

    /// <summary>Chains of a score: element e of the head is added to chain e % chains, and the chains in turn.</summary>
    public static int ScoreChains(AttentionForm form) => form.Rows == 1 ? 2 : 1;

    /// <summary>
    /// Chains of a weighted value: the position at place p of the block is added to chain p % chains, but for those that whole turns leave
    /// over, which go to the first; and the chains in turn. A slice that few vectors divide has as many as rows leave idle.
    /// </summary>
    public static int MixChains(AttentionForm form, int slice) =>
        form.CarriesOn ? 1 : Math.Max(1, Math.Min(4, slice % 16 == 0 ? BusyFloats / (form.Rows * slice) : 8 / form.Rows));
}
