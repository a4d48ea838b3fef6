using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>How emitted code reads a panel of integer weights: where scales and codes lie, and how codes are taken from bit planes.</summary>
internal static class IntegerPanel
{
    /// <summary>Declares the masks that <see cref="Unit"/> needs: m15, m3, m1 for nibbles, pairs and single bits.</summary>
    public static void DeclareMasks(SourceWriter writer, Dialect isa, IntegerBlock format)
    {
        foreach (string mask in format.Planes.Where(plane => plane.Bits < 8).Select(plane => Mask(plane)).Distinct())
            writer.Line($"{isa.IntType} m{mask} = {isa.BroadcastInt("0x" + mask + mask + mask + mask)};");
    }

    /// <summary>
    /// Declares the lines of one group of rows: l0, l1, ... of the first plane, then those of the next.
    /// </summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="isa">The instruction set.</param>
    /// <param name="format">The weights' format.</param>
    /// <param name="pointer">The group's first byte of the rows wanted.</param>
    public static void DeclareLines(SourceWriter writer, Dialect isa, IntegerBlock format, string pointer)
    {
        for (int line = 0; line < format.Bits; line++)
            writer.Line($"{isa.IntType} l{line} = {isa.LoadInts(Text.At(pointer, line * 64))};");
    }

    /// <summary>The codes of unit u (four columns) of the lines declared, a byte each.</summary>
    public static string Unit(IntegerBlock format, int unit)
    {
        List<string> planes = [];
        int line = 0;
        foreach (BitPlane plane in format.Planes)
        {
            string bits = $"l{line + (unit % plane.Bits)}";
            int right = (plane.Bits * (unit / plane.Bits)) - plane.Shift;
            string moved = right == 0 ? bits : right > 0 ? $"({bits} >>> {right})" : $"({bits} << {-right})";
            planes.Add(plane.Bits == 8 ? moved : $"({moved} & m{Mask(plane)})");
            line += plane.Bits;
        }

        return planes.Count == 1 ? planes[0] : $"({planes.Join(" | ")})";
    }

    /// <summary>Whether the sums of all units of a chunk fit one chain of 16-bit sums.</summary>
    public static bool OneChain(Dialect isa, IntegerBlock format) => isa.ChainsAdd(format.Center > 0 ? format.Center : (1 << format.Bits) - 1);

    public static int Log2Center(IntegerBlock format)
    {
        int log2 = 0;
        while (1 << log2 < format.Center)
            log2++;
        return log2;
    }

    /// <summary>
    /// The sums of codes times activations for the units [first, first + count) of one chunk, as an expression of 32-bit integers;
    /// units are named by <paramref name="unitOf"/>, activations by dword at <paramref name="activations"/>.
    /// </summary>
    public static string WriteChains(SourceWriter writer, Dialect isa, IntegerBlock format, string suffix, int first, int count, System.Func<int, string> unitOf, string activations, string pairs)
    {
        // A chain is half a chunk: four units.
        List<string> chains = [];
        for (int start = first; start < first + count; start += 4)
        {
            string chain = $"c{start / 4}{suffix}";
            chains.Add(chain);
            string sum = format.Center == 0 ? "" : isa.CentredChain($"{pairs}[{start / 4}]", Log2Center(format));
            writer.Line($"{isa.ChainType} {chain} = {(sum.Length == 0 ? isa.ChainType == "int" ? "0" : isa.ChainType + ".Zero" : sum)};");
            for (int unit = start; unit < start + 4; unit++)
                writer.Line($"{chain} = {isa.Dot(chain, unitOf(unit), isa.BroadcastInt($"{activations}[{unit}]"))};");
        }

        if (chains.Count == 1)
            return isa.FinishChain(chains[0]);
        return OneChain(isa, format)
            ? isa.FinishChain($"{chains[0]} + {chains[1]}")
            : $"{isa.FinishChain(chains[0])} + {isa.FinishChain(chains[1])}";
    }

    /// <summary>The rows that one vector holds, out of the 32 of a panel.</summary>
    public static int RowVectors(Dialect isa) => ModelPlan.PanelRows / isa.Lanes;

    private static string Mask(BitPlane plane) => plane.Bits switch
    {
        4 => "0F",
        2 => Shifted(plane, 3),
        _ => Shifted(plane, 1),
    };

    private static string Shifted(BitPlane plane, int mask) => (mask << plane.Shift).ToString("X2", System.Globalization.CultureInfo.InvariantCulture);
}
