using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>How emitted code reads a panel of integer weights: how codes are taken from bit planes, and how they are multiplied.</summary>
internal static class IntegerPanel
{
    /// <summary>Declares the masks that <see cref="Unit"/> needs: m15, m3, m1 for nibbles, pairs and single bits.</summary>
    public static void DeclareMasks(SourceWriter writer, IntegerChunkPlan chunk)
    {
        Dialect isa = chunk.Isa;
        foreach (string mask in chunk.Format.Planes.Where(plane => plane.Bits < 8).Select(Mask).Distinct())
            writer.Line($"{isa.IntType} m{mask} = {isa.BroadcastInt("0x" + mask + mask + mask + mask)};");
        if (chunk.IsOffset)
            writer.Line($"{isa.IntType} sign = {isa.BroadcastInt("unchecked((int)0x80808080)")};");
    }

    /// <summary>
    /// The codes of unit u (four columns) of a group of rows, a byte each. Lines are read where they are used: most of them are used
    /// once or twice, and registers are dearer than loads.
    /// </summary>
    /// <param name="chunk">How a chunk is multiplied.</param>
    /// <param name="unit">0 to 7.</param>
    /// <param name="pointer">The group's first byte of the rows wanted, as the base and the offset of an address.</param>
    public static string Unit(IntegerChunkPlan chunk, int unit, (string Base, int Offset) pointer)
    {
        List<string> planes = [];
        int line = 0;
        foreach (BitPlane plane in chunk.Format.Planes)
        {
            string bits = chunk.Isa.LoadInts(Code.At(pointer.Base, pointer.Offset + ((line + (unit % plane.Bits)) * 64)));
            int right = (plane.Bits * (unit / plane.Bits)) - plane.Shift;
            string moved = right == 0 ? bits : right > 0 ? $"({bits} >>> {right})" : $"({bits} << {-right})";
            planes.Add(plane.Bits == 8 ? moved : $"({moved} & m{Mask(plane)})");
            line += plane.Bits;
        }

        string codes = planes.Count == 1 ? planes[0] : $"({planes.Join(" | ")})";
        return chunk.IsOffset ? $"({codes} ^ sign)" : codes;
    }

    /// <summary>
    /// Multiplies the units of a chunk: of several vectors of rows at once, so that the sums of one need not wait for each other. Returns
    /// the 32-bit sums of each vector and sub-block as expressions.
    /// </summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="chunk">How a chunk is multiplied.</param>
    /// <param name="vectors">What tells the vectors' names apart.</param>
    /// <param name="unitOf">The codes of a vector's unit.</param>
    /// <param name="activations">Writes what a unit is multiplied by, if anything need be written, and returns its name.</param>
    /// <param name="centerOf">The offset that centres the codes of a sub-block; null where they are not centred.</param>
    public static Func<string, int, string> WriteDots(
        SourceWriter writer,
        IntegerChunkPlan chunk,
        IReadOnlyList<string> vectors,
        Func<string, int, string> unitOf,
        Func<int, string> activations,
        Func<int, string>? centerOf)
    {
        Dialect isa = chunk.Isa;
        for (int step = 0; step < chunk.ChainUnits; step++)
        {
            for (int chain = 0; chain < chunk.Chains; chain++)
            {
                int unit = (chain * chunk.ChainUnits) + step;
                string factor = activations(unit);
                foreach (string vector in vectors)
                {
                    string name = Chain(chain, vector);
                    bool centred = isa.ChainsBeginAnywhere && unit % chunk.SubUnits == 0;
                    string start = step > 0 ? name : centred ? centerOf?.Invoke(unit / chunk.SubUnits) ?? "" : "";
                    writer.Line($"{(step > 0 ? "" : isa.ChainType + " ")}{name} = {isa.Dot(start, unitOf(vector, unit), factor)};");
                }
            }
        }

        return (vector, sub) =>
        {
            int count = chunk.SubUnits / chunk.ChainUnits;
            string sum = Enumerable.Range(sub * count, count).Select(chain => isa.FinishChain(Chain(chain, vector))).Join(" + ");
            return isa.ChainsBeginAnywhere || centerOf is null ? sum : $"{sum} + {centerOf(sub)}";
        };

        static string Chain(int chain, string vector) => $"c{Code.Int(chain)}{(vector.Length > 0 ? "_" + vector : "")}";
    }

    /// <summary>The rows that one vector holds, out of the 32 of a panel.</summary>
    public static int RowVectors(Dialect isa) => ModelPlan.PanelRows / isa.Lanes;

    private static string Mask(BitPlane plane) => plane.Bits switch
    {
        4 => "0F",
        2 => Shifted(plane, 3),
        1 => Shifted(plane, 1),
        _ => throw new ArgumentOutOfRangeException(nameof(plane), plane.Bits, "No such bit plane."),
    };

    private static string Shifted(BitPlane plane, int mask) => (mask << plane.Shift).ToString("X2", CultureInfo.InvariantCulture);
}
