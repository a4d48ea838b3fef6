using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Planning;

/// <summary>What unsigned codes are centred by: -<see cref="Center"/> · (the sum of so many activations), one integer for each.</summary>
internal readonly record struct CenterPlan(int Center, int SubBlock)
{
    /// <summary>As in Centers8x32.</summary>
    public string Name => $"Centers{Center}x{SubBlock}";
}

/// <summary>A part of a record, at a constant offset.</summary>
internal readonly record struct RecordPart(string Name, int At);

/// <summary>
/// A row of activations in 8 bits, as the products of so many columns read it: signed bytes, and behind them what the formats at hand
/// need besides.
/// </summary>
internal sealed class RecordPlan
{
    private const int CacheLine = 64;

    public RecordPlan(int columns, IReadOnlyList<IntegerBlock> formats, IReadOnlyList<Dialect> dialects)
    {
        Centers = formats
            .SelectMany(format => dialects.Select(isa => new CenterPlan(CenterOf(isa, format), format.SubBlock)))
            .Where(center => center.Center > 0)
            .Distinct()
            .OrderBy(center => center.Center)
            .ToList();
        HasSums = formats.Any(format => format.HasMinima && format.SubBlock == IntegerBlock.Chunk);
        HasHalfSums = formats.Any(format => format.HasMinima && format.SubBlock < IntegerBlock.Chunk);
        HasShorts = dialects.Any(isa => formats.Any(format => IsWidened(isa, format)));

        List<RecordPart> parts = [];
        int at = columns;
        Part("Scales", columns / IntegerBlock.Chunk * 4);
        if (HasSums)
            Part("Sums", columns / IntegerBlock.Chunk * 4);
        if (HasHalfSums)
            Part("HalfSums", columns / IntegerBlock.Chunk * 8);
        foreach (CenterPlan center in Centers)
            Part(center.Name, columns / center.SubBlock * 4);
        if (HasShorts)
        {
            at = ModelPlan.Pad(at, CacheLine);
            Part("Shorts", 2 * columns);
        }

        // An odd number of cache lines, so that rows do not fall into the same set.
        at = ModelPlan.Pad(at, CacheLine);
        Bytes = at / CacheLine % 2 == 0 ? at + CacheLine : at;
        Parts = parts;

        void Part(string name, int bytes)
        {
            parts.Add(new RecordPart(name, at));
            at += bytes;
        }
    }

    /// <summary>The offsets that centre codes.</summary>
    public IReadOnlyList<CenterPlan> Centers { get; }

    /// <summary>Whether there is the scaled sum of each 32 activations.</summary>
    public bool HasSums { get; }

    /// <summary>Whether there is the scaled sum of each 16 activations.</summary>
    public bool HasHalfSums { get; }

    /// <summary>Whether activations are there in 16 bits, too: for each 32, columns 0 and 2 of its units, then columns 1 and 3.</summary>
    public bool HasShorts { get; }

    /// <summary>The parts behind the signed bytes.</summary>
    public IReadOnlyList<RecordPart> Parts { get; }

    /// <summary>Bytes from one row's record to the next.</summary>
    public int Bytes { get; }

    /// <summary>What the codes that an instruction set multiplies lie around.</summary>
    public static int CenterOf(Dialect isa, IntegerBlock format) =>
        format.FillsBytes && isa.SignedBytes == SignedBytes.Offset ? 128 : format.Center;

    /// <summary>Whether an instruction set multiplies the codes of a format in 16 bits.</summary>
    public static bool IsWidened(Dialect isa, IntegerBlock format) => format.FillsBytes && isa.SignedBytes == SignedBytes.Widened;
}
