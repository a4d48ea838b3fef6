using System;
using System.Runtime.CompilerServices;
using Llamalith.Contracts;

namespace Llamalith.Packing;

/// <summary>
/// Packs integer blocks into the panels that generated kernels stream. A panel is 32 rows; block after block it holds the scales of
/// all rows (then minima, then byte scales and minima of sub-blocks), and for each 32 columns two groups of 16 rows. A group is bit
/// planes of 64-byte lines, dword r of a line belonging to row r, so that a vector register holds four columns of 16 rows.
/// </summary>
internal static unsafe class IntegerPanels<TFormat>
    where TFormat : struct, IBlockCodes
{
    private const int Rows = WeightPacker.PanelRows;
    private const int GroupRows = 16;
    private const int Chunk = 32;
    private const int LineBytes = 64;

    /// <summary>Bytes of 32 rows of one block.</summary>
    public static int BlockBytes => HalvesBytes + SubScaleBytes + (TFormat.Columns / Chunk * 2 * GroupBytes);

    private static int HalvesBytes => Rows * sizeof(ushort) * (TFormat.HasMinima ? 2 : 1);

    private static int SubBlocks => TFormat.SubBlock == TFormat.Columns ? 0 : TFormat.Columns / TFormat.SubBlock;

    private static int SubScaleBytes => SubBlocks * Rows * (TFormat.HasMinima && !TFormat.SharesScaleBytes ? 2 : 1);

    private static int GroupBytes => TFormat.Bits * LineBytes;

    /// <summary>Packs some rows of a panel; rows that it does not get keep scale zero.</summary>
    /// <param name="matrix">The source.</param>
    /// <param name="order">Which source row becomes which.</param>
    /// <param name="firstRow">The first row wanted.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="firstLane">Where in the panel they go.</param>
    /// <param name="panel">The panel, zeroed.</param>
    /// <param name="raise">How scales are raised.</param>
    /// <returns>False where a scale was too large to be raised: the panel is of no use then.</returns>
    [SkipLocalsInit]
    public static bool PackRows(in TensorView matrix, RowOrder order, long firstRow, int rows, int firstLane, byte* panel, HalfRaise raise)
    {
        bool fits = true;
        byte* codes = stackalloc byte[256];
        byte* subScales = stackalloc byte[16];
        byte* subMinima = stackalloc byte[16];
        byte** source = stackalloc byte*[Rows];
        long rowBytes = matrix.Columns / TFormat.Columns * TFormat.StoredBytes;
        for (int r = 0; r < rows; r++)
            source[r] = matrix.Data + (order.Source(firstRow + r) * rowBytes);

        for (long block = 0; block < matrix.Columns / TFormat.Columns; block++, panel += BlockBytes)
        {
            byte* chunks = panel + HalvesBytes + SubScaleBytes;
            for (int r = 0; r < rows; r++, source[r - 1] += TFormat.StoredBytes)
            {
                int lane = firstLane + r;
                TFormat.Read(source[r], codes, out ushort scale, out ushort minimum, subScales, subMinima);
                ((ushort*)panel)[lane] = raise.Apply(scale, ref fits);
                if (TFormat.HasMinima)
                    ((ushort*)panel)[Rows + lane] = raise.Apply(minimum, ref fits);
                for (int sub = 0; sub < SubBlocks; sub++)
                {
                    panel[HalvesBytes + (sub * Rows) + lane] = subScales[sub];
                    if (TFormat.HasMinima && !TFormat.SharesScaleBytes)
                        panel[HalvesBytes + ((SubBlocks + sub) * Rows) + lane] = subMinima[sub];
                }

                byte* group = chunks + (lane / GroupRows * GroupBytes) + (lane % GroupRows * sizeof(uint));
                for (int chunk = 0; chunk < TFormat.Columns / Chunk; chunk++, group += 2 * GroupBytes)
                    WritePlanes((uint*)(codes + (chunk * Chunk)), group);
            }
        }

        return fits;
    }

    // A plane of n bits has n lines; unit u lies in line u % n, moved left by n * (u / n).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WritePlanes(uint* units, byte* lines)
    {
        switch (TFormat.Bits)
        {
            case 8:
                for (int u = 0; u < 8; u++)
                    *(uint*)(lines + (u * LineBytes)) = units[u];
                break;
            case 4:
                WriteNibbles(units, lines);
                break;
            case 5:
                WriteNibbles(units, lines);
                WriteBits(units, 4, lines + (4 * LineBytes));
                break;
            case 6:
                WriteNibbles(units, lines);
                WritePairs(units, 4, lines + (4 * LineBytes));
                break;
            case 2:
                WritePairs(units, 0, lines);
                break;
            case 3:
                WritePairs(units, 0, lines);
                WriteBits(units, 2, lines + (2 * LineBytes));
                break;
            default:
                throw new InvalidOperationException($"No planes for codes of {TFormat.Bits} bits.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteNibbles(uint* units, byte* lines)
    {
        for (int line = 0; line < 4; line++)
            *(uint*)(lines + (line * LineBytes)) = (units[line] & 0x0F0F0F0F) | ((units[line + 4] & 0x0F0F0F0F) << 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WritePairs(uint* units, int shift, byte* lines)
    {
        for (int line = 0; line < 2; line++)
        {
            uint packed = 0;
            for (int place = 0; place < 4; place++)
                packed |= ((units[line + (2 * place)] >> shift) & 0x03030303) << (2 * place);
            *(uint*)(lines + (line * LineBytes)) = packed;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteBits(uint* units, int shift, byte* line)
    {
        uint packed = 0;
        for (int u = 0; u < 8; u++)
            packed |= ((units[u] >> shift) & 0x01010101) << u;
        *(uint*)line = packed;
    }
}
