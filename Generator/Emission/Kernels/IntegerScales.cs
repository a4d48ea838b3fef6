using System;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>The scale and the minimum of a sub-block for one vector of rows, as expressions over a panel's header.</summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Format">The weights' format.</param>
/// <param name="Block">The pointer to the block.</param>
/// <param name="Row">The first row of the vector, 0 to 31, as an expression.</param>
/// <param name="Super">Names of the block's scale and minimum where the block has sub-blocks; else unused.</param>
internal readonly record struct IntegerScales(
    Dialect Isa, IntegerBlock Format, string Block, string Row, (string Scale, string Minimum) Super)
{
    /// <summary>The halves at a block's beginning: scales of 32 rows, then minima.</summary>
    public string BlockScale => Isa.WidenHalf($"(ushort*)({Block} + ({Row} * 2))");

    public string BlockMinimum => Isa.WidenHalf($"(ushort*)({Block} + 64 + ({Row} * 2))");

    /// <summary>The scale of sub-block <paramref name="sub"/> of a chunk, whose byte scales are at the pointer sub.</summary>
    public string Scale(int sub) => Format.Scales switch
    {
        ScaleStorage.Halves => BlockScale,
        ScaleStorage.Nibbles => $"{Super.Scale} * {Isa.ToFloat($"{Bytes(sub, 0, signed: false)} & {Isa.BroadcastInt("15")}")}",
        ScaleStorage.Bytes => $"{Super.Scale} * {Isa.ToFloat(Bytes(sub, 0, signed: false))}",
        ScaleStorage.SignedBytes => $"{Super.Scale} * {Isa.ToFloat(Bytes(sub, 0, signed: true))}",
        _ => throw Unknown(),
    };

    /// <summary>The minimum of that sub-block.</summary>
    public string Minimum(int sub) => Format.Scales switch
    {
        ScaleStorage.Halves => BlockMinimum,
        ScaleStorage.Nibbles => $"{Super.Minimum} * {Isa.ToFloat($"{Bytes(sub, 0, signed: false)} >>> 4")}",
        ScaleStorage.Bytes => $"{Super.Minimum} * {Isa.ToFloat(Bytes(sub, Format.SubScaleBytes / 2, signed: false))}",
        _ => throw Unknown(),
    };

    private string Bytes(int sub, int at, bool signed) =>
        Isa.WidenBytes($"sub + {at + (sub * 2 * WeightBlock.GroupRows)} + {Row}", signed);

    private ArgumentOutOfRangeException Unknown() => new(nameof(Format), Format.Scales, "No such storage of scales or minima.");
}
