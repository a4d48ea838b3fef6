using System;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Planning;

/// <summary>
/// How an instruction set multiplies a chunk of an integer format: 32 columns of codes, eight units of four, by 8-bit activations.
/// </summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Format">The weights' format.</param>
internal sealed record IntegerChunkPlan(Dialect Isa, IntegerBlock Format)
{
    /// <summary>Scales (and minima) in a chunk.</summary>
    public int SubBlocks => IntegerBlock.Chunk / Format.SubBlock;

    /// <summary>Units that have a scale in common.</summary>
    public int SubUnits => Format.SubBlock / 4;

    /// <summary>Whether a block has scales within.</summary>
    public bool IsSuper => Format.Scales != ScaleStorage.Halves;

    /// <summary>Whether codes and activations are multiplied in 16 bits.</summary>
    public bool IsWidened => RecordPlan.IsWidened(Isa, Format);

    /// <summary>Whether 128 is added to every code, to make unsigned bytes of signed ones.</summary>
    public bool IsOffset => Format.FillsBytes && Isa.SignedBytes == SignedBytes.Offset;

    /// <summary>The integers that centre codes; null where they are not centred.</summary>
    public CenterPlan? Center => RecordPlan.CenterOf(Isa, Format) is int center and > 0 ? new CenterPlan(center, Format.SubBlock) : null;

    /// <summary>The part of a record with the sums that the format's minima are multiplied by; null where it has no minima.</summary>
    public string? SumsPart => !Format.HasMinima ? null : Format.SubBlock == IntegerBlock.Chunk ? "Sums" : "HalfSums";

    /// <summary>The largest code as it is multiplied.</summary>
    public int LargestFactor => IsOffset ? byte.MaxValue : Format.LargestCode;

    /// <summary>Units that are summed by one chain. Of what is widened all units are one chain.</summary>
    public int ChainUnits { get; } = RecordPlan.IsWidened(Isa, Format)
        ? IntegerBlock.Units
        : Math.Min(Format.SubBlock / 4, Isa.ChainUnits(Format.LargestCode));

    /// <summary>Chains in a chunk.</summary>
    public int Chains => IntegerBlock.Units / ChainUnits;
}
