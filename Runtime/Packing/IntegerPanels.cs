using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
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
    private const int MostSubBlocks = 16;

    /// <summary>Bytes of 32 rows of one block.</summary>
    public static int BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HalvesBytes + SubScaleBytes + (Chunks * 2 * GroupBytes);
    }

    private static int HalvesBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Rows * sizeof(ushort) * (TFormat.HasMinima ? 2 : 1);
    }

    private static int SubBlocks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TFormat.SubBlock == TFormat.Columns ? 0 : TFormat.Columns / TFormat.SubBlock;
    }

    private static int SubScaleBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => SubBlocks * Rows * (TFormat.HasMinima && !TFormat.SharesScaleBytes ? 2 : 1);
    }

    private static int GroupBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TFormat.Bits * LineBytes;
    }

    private static int Chunks
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TFormat.Columns / Chunk;
    }

    // A row's dwords of one chunk before the turn, filled up to whole vectors.
    private static int RowDwords
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TFormat.Bits > 4 ? 8 : 4;
    }

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool PackRows(in TensorView matrix, RowOrder order, long firstRow, int rows, int firstLane, byte* panel, HalfRaise raise)
    {
        byte** source = stackalloc byte*[Rows];
        long rowBytes = matrix.Columns / TFormat.Columns * TFormat.StoredBytes;
        for (int r = 0; r < rows; r++)
            source[r] = matrix.Data + (order.Source(firstRow + r) * rowBytes);

        byte* subScales = stackalloc byte[2 * MostSubBlocks];

        // The planes of 16 rows, before they are turned; rows that are missing stay zero.
        uint* planes = stackalloc uint[Chunks * GroupRows * RowDwords];
        new Span<uint>(planes, Chunks * GroupRows * RowDwords).Clear();
        bool fits = true;
        for (long block = 0; block < matrix.Columns / TFormat.Columns; block++, panel += BlockBytes)
        {
            for (int r = 0; r < rows; r += GroupRows)
            {
                int lane = firstLane + r;
                ReadGroup(source + r, Math.Min(rows - r, GroupRows), lane, panel, subScales, planes);
                byte* lines = panel + HalvesBytes + SubScaleBytes + (lane / GroupRows * GroupBytes);
                for (int chunk = 0; chunk < Chunks; chunk++)
                    WriteLines(planes + (chunk * GroupRows * RowDwords), lines + (chunk * 2 * GroupBytes));
                ushort* halves = (ushort*)panel + lane;
                Raise(halves, raise, ref fits);
                if (TFormat.HasMinima)
                    Raise(halves + Rows, raise, ref fits);
            }
        }

        return fits;
    }

    // One block of each row; the sources move on to the next.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReadGroup(byte** source, int rows, int lane, byte* panel, byte* subScales, uint* planes)
    {
        byte* subMinima = subScales + MostSubBlocks;
        for (int r = 0; r < rows; r++, lane++)
        {
            byte* block = source[r];
            source[r] = block + TFormat.StoredBytes;
            Ahead.Fetch(block, TFormat.StoredBytes);
            ((ushort*)panel)[lane] = TFormat.Scale(block);
            if (TFormat.HasMinima)
                ((ushort*)panel)[Rows + lane] = TFormat.Minimum(block);
            if (SubBlocks > 0)
                TFormat.ReadSubScales(block, subScales, subMinima);
            for (int sub = 0; sub < SubBlocks; sub++)
            {
                panel[HalvesBytes + (sub * Rows) + lane] = subScales[sub];
                if (TFormat.HasMinima && !TFormat.SharesScaleBytes)
                    panel[HalvesBytes + ((SubBlocks + sub) * Rows) + lane] = subMinima[sub];
            }

            for (int chunk = 0; chunk < Chunks; chunk++)
                WritePlanes(TFormat.Codes(block, chunk), planes + (((chunk * GroupRows) + r) * RowDwords));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Raise(ushort* halves, HalfRaise raise, ref bool fits)
    {
        for (int r = 0; r < GroupRows; r += Vector128<ushort>.Count)
            raise.Apply(Vector128.Load(halves + r), ref fits).Store(halves + r);
    }

    // Row r's dword of line l is planes[r][l].
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteLines(uint* planes, byte* lines)
    {
        for (int line = 0; line < TFormat.Bits; line += 4)
        {
            for (int r = 0; r < GroupRows; r += 4)
            {
                uint* from = planes + (r * RowDwords) + line;
                Vector128<uint> a = Vector128.Load(from), b = Vector128.Load(from + RowDwords);
                Vector128<uint> c = Vector128.Load(from + (2 * RowDwords)), d = Vector128.Load(from + (3 * RowDwords));
                Transposition.Turn(ref a, ref b, ref c, ref d);
                uint* to = (uint*)(lines + (line * LineBytes)) + r;
                a.Store(to);
                if (line + 1 < TFormat.Bits)
                    b.Store(to + GroupRows);
                if (line + 2 < TFormat.Bits)
                    c.Store(to + (2 * GroupRows));
                if (line + 3 < TFormat.Bits)
                    d.Store(to + (3 * GroupRows));
            }
        }
    }

    // A plane of n bits has n lines; unit u, which is four codes, lies in line u % n, moved left by n * (u / n).
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WritePlanes(Vector256<byte> codes, uint* row)
    {
        switch (TFormat.Bits)
        {
            case 8:
                codes.AsUInt32().Store(row);
                break;
            case 4:
                Nibble(codes).Store(row);
                break;
            case 5:
                Nibble(codes & Vector256.Create((byte)15)).Store(row);
                row[4] = Bit(codes >>> 4);
                break;
            case 6:
                Nibble(codes & Vector256.Create((byte)15)).Store(row);
                *(ulong*)(row + 4) = Pair(codes >>> 4);
                break;
            case 2:
                *(ulong*)row = Pair(codes);
                break;
            case 3:
                *(ulong*)row = Pair(codes & Vector256.Create((byte)3));
                row[2] = Bit(codes >>> 2);
                break;
            default:
                throw new InvalidOperationException($"No planes for codes of {TFormat.Bits} bits.");
        }
    }

    // Codes are small enough that nothing moves into the byte beside.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Nibble(Vector256<byte> codes) => codes.GetLower().AsUInt32() | (codes.GetUpper().AsUInt32() << 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Pair(Vector256<byte> codes)
    {
        Vector128<ulong> nibbles = Nibble(codes).AsUInt64();
        return nibbles[0] | (nibbles[1] << 2);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bit(Vector256<byte> codes)
    {
        ulong pairs = Pair(codes);
        return (uint)pairs | ((uint)(pairs >> 32) << 1);
    }
}
