using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using Llamalith.Contracts;

namespace Llamalith.Tests.Packing;

/// <summary>
/// Reads single weights out of panels, straight from the description of the layout: slow, and nothing shared with the packer.
/// </summary>
internal static class PlainPanels
{
    private const int Lanes = 32;

    // Columns of a block; bits and shift of each plane; the centre of the codes; columns that share a scale; how sub-scales are kept;
    // minima.
    private static readonly Dictionary<TensorType, Layout> s_layouts = new()
    {
        [TensorType.Q8_0] = new(32, [(8, 0)], 0, 32, SubScales.None, false),
        [TensorType.Q4_0] = new(32, [(4, 0)], 8, 32, SubScales.None, false),
        [TensorType.Q4_1] = new(32, [(4, 0)], 0, 32, SubScales.None, true),
        [TensorType.Q5_0] = new(32, [(4, 0), (1, 4)], 16, 32, SubScales.None, false),
        [TensorType.Q5_1] = new(32, [(4, 0), (1, 4)], 0, 32, SubScales.None, true),
        [TensorType.Q2_K] = new(256, [(2, 0)], 0, 16, SubScales.Nibbles, true),
        [TensorType.Q3_K] = new(256, [(2, 0), (1, 2)], 4, 16, SubScales.Signed, false),
        [TensorType.Q4_K] = new(256, [(4, 0)], 0, 32, SubScales.Unsigned, true),
        [TensorType.Q5_K] = new(256, [(4, 0), (1, 4)], 0, 32, SubScales.Unsigned, true),
        [TensorType.Q6_K] = new(256, [(4, 0), (2, 4)], 32, 16, SubScales.Signed, false),
    };

    private enum SubScales
    {
        None,
        Signed,
        Unsigned,
        Nibbles,
    }

    /// <summary>The weight of a lane and a column of one panel.</summary>
    public static double Read(TensorType type, ReadOnlySpan<byte> panel, int lane, int column) => type switch
    {
        TensorType.F32 => BinaryPrimitives.ReadSingleLittleEndian(panel[(((column * Lanes) + lane) * 4)..]),
        TensorType.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(panel[(((column * Lanes) + lane) * 2)..]),
        TensorType.BF16 =>
            BitConverter.UInt32BitsToSingle((uint)BinaryPrimitives.ReadUInt16LittleEndian(panel[(((column * Lanes) + lane) * 2)..]) << 16),
        _ => s_layouts[type].Read(panel, lane, column),
    };

    private sealed record Layout(int Columns, (int Bits, int Shift)[] Planes, int Center, int SubBlock, SubScales Kind, bool HasMinima)
    {
        private int HalvesBytes => Lanes * 2 * (HasMinima ? 2 : 1);

        private int SubBlocks => Columns / SubBlock;

        private int SubBytes => Kind switch
        {
            SubScales.None => 0,
            SubScales.Nibbles => SubBlocks * Lanes,
            _ => SubBlocks * Lanes * (HasMinima ? 2 : 1),
        };

        private int GroupBytes
        {
            get
            {
                int bytes = 0;
                foreach ((int bits, _) in Planes)
                    bytes += bits * 64;
                return bytes;
            }
        }

        public double Read(ReadOnlySpan<byte> panel, int lane, int column)
        {
            int blockBytes = HalvesBytes + SubBytes + (Columns / 32 * 2 * GroupBytes);
            ReadOnlySpan<byte> block = panel[(column / Columns * blockBytes)..];
            int within = column % Columns;
            double scale = (double)BinaryPrimitives.ReadHalfLittleEndian(block[(lane * 2)..]);
            double minimum = HasMinima ? (double)BinaryPrimitives.ReadHalfLittleEndian(block[((Lanes + lane) * 2)..]) : 0;
            int sub = within / SubBlock;
            ReadOnlySpan<byte> subs = block[HalvesBytes..];
            switch (Kind)
            {
                case SubScales.Signed:
                    scale *= (sbyte)subs[(sub * Lanes) + lane];
                    break;
                case SubScales.Unsigned:
                    scale *= subs[(sub * Lanes) + lane];
                    minimum *= subs[((SubBlocks + sub) * Lanes) + lane];
                    break;
                case SubScales.Nibbles:
                    scale *= subs[(sub * Lanes) + lane] & 15;
                    minimum *= subs[(sub * Lanes) + lane] >> 4;
                    break;
            }

            ReadOnlySpan<byte> group = block[(HalvesBytes + SubBytes + (((within / 32 * 2) + (lane / 16)) * GroupBytes))..];
            return (scale * (Code(group, lane % 16, within % 32) - Center)) - minimum;
        }

        // Unit u = column / 4 lies in line u % n of a plane of n bits, n · (u / n) bits up, its four columns in the four bytes.
        private int Code(ReadOnlySpan<byte> group, int lane, int column)
        {
            int code = 0, line = 0;
            foreach ((int bits, int shift) in Planes)
            {
                int unit = column / 4;
                byte stored = group[((line + (unit % bits)) * 64) + (lane * 4) + (column % 4)];
                code |= ((stored >> (bits * (unit / bits))) & ((1 << bits) - 1)) << shift;
                line += bits;
            }

            return Planes[0].Bits == 8 ? (sbyte)code : code;
        }
    }
}
