using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Llamalith.Contracts;

namespace Llamalith.Packing;

/// <summary>Packs float weights into panels: 32 rows, column after column, in the file's own width or widened to 32 bits.</summary>
internal static unsafe class FloatPanels
{
    private const int Rows = WeightPacker.PanelRows;

    // Columns turned at a time: 32 rows of them stay in the first-level cache.
    private const int TileColumns = 64;

    /// <summary>panel[column · 32 + firstLane + r] = matrix[order(firstRow + r)][column], widened to 32 bits.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackSingles(in TensorView matrix, RowOrder order, long firstRow, int rows, int firstLane, float* panel)
    {
        uint* tile = stackalloc uint[Rows * TileColumns];
        uint** source = stackalloc uint*[Rows];
        bool widen = matrix.Type != TensorType.F32;
        for (long column = 0; column < matrix.Columns; column += TileColumns)
        {
            int columns = (int)Math.Min(TileColumns, matrix.Columns - column);
            for (int r = 0; r < rows; r++)
            {
                long row = order.Source(firstRow + r);
                source[r] = widen ? tile + (r * TileColumns) : (uint*)matrix.Data + (row * matrix.Columns) + column;
                if (widen)
                    WeightReader.ReadRow(matrix, row, column, columns, (float*)source[r]);
                else
                    Ahead.Fetch((byte*)source[r], TileColumns * sizeof(float));
            }

            for (int r = 0; r < rows; r += 4)
                TurnSingles(source + r, Math.Min(4, rows - r), columns, (uint*)panel + (column * Rows) + firstLane + r);
        }
    }

    /// <summary>The same for 16-bit floats, raised; false where one was too large to be raised.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static bool PackWords(
        in TensorView matrix, RowOrder order, long firstRow, int rows, int firstLane, ushort* panel, HalfRaise raise)
    {
        bool fits = true;
        ushort** source = stackalloc ushort*[Rows];
        for (int r = 0; r < rows; r++)
            source[r] = (ushort*)matrix.Data + (order.Source(firstRow + r) * matrix.Columns);
        for (long column = 0; column < matrix.Columns; column += TileColumns)
        {
            int columns = (int)Math.Min(TileColumns, matrix.Columns - column);
            for (int r = 0; r < rows; r++)
                Ahead.Fetch((byte*)(source[r] + column), TileColumns * sizeof(ushort));
            for (int r = 0; r < rows; r += 8)
                TurnWords(source + r, Math.Min(8, rows - r), column, columns, panel + (column * Rows) + firstLane + r, raise, ref fits);
        }

        return fits;
    }

    // Up to four rows. Lanes that have none are left as they are, since they may be another matrix's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnSingles(uint** source, int rows, int columns, uint* to)
    {
        int c = 0;
        if (rows == 4)
        {
            for (; c + 4 <= columns; c += 4)
            {
                Vector128<uint> row0 = Vector128.Load(source[0] + c), row1 = Vector128.Load(source[1] + c);
                Vector128<uint> row2 = Vector128.Load(source[2] + c), row3 = Vector128.Load(source[3] + c);
                Transposition.Turn(ref row0, ref row1, ref row2, ref row3);
                row0.Store(to + (c * Rows));
                row1.Store(to + ((c + 1) * Rows));
                row2.Store(to + ((c + 2) * Rows));
                row3.Store(to + ((c + 3) * Rows));
            }
        }

        for (; c < columns; c++)
        {
            for (int r = 0; r < rows; r++)
                to[(c * Rows) + r] = source[r][c];
        }
    }

    // The same for up to eight rows of words, from a column on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TurnWords(ushort** source, int rows, long column, int columns, ushort* to, HalfRaise raise, ref bool fits)
    {
        int c = 0;
        if (rows == 8)
        {
            for (; c + 8 <= columns; c += 8)
            {
                long at = column + c;
                Vector128<ushort> row0 = Vector128.Load(source[0] + at), row1 = Vector128.Load(source[1] + at);
                Vector128<ushort> row2 = Vector128.Load(source[2] + at), row3 = Vector128.Load(source[3] + at);
                Vector128<ushort> row4 = Vector128.Load(source[4] + at), row5 = Vector128.Load(source[5] + at);
                Vector128<ushort> row6 = Vector128.Load(source[6] + at), row7 = Vector128.Load(source[7] + at);

                // Pairs of rows as dwords, which are then turned four by four.
                Vector128<uint> low01 = Transposition.ZipLow(row0, row1).AsUInt32(), low23 = Transposition.ZipLow(row2, row3).AsUInt32();
                Vector128<uint> low45 = Transposition.ZipLow(row4, row5).AsUInt32(), low67 = Transposition.ZipLow(row6, row7).AsUInt32();
                Vector128<uint> high01 = Transposition.ZipHigh(row0, row1).AsUInt32(),
                    high23 = Transposition.ZipHigh(row2, row3).AsUInt32();
                Vector128<uint> high45 = Transposition.ZipHigh(row4, row5).AsUInt32(),
                    high67 = Transposition.ZipHigh(row6, row7).AsUInt32();
                Transposition.Turn(ref low01, ref low23, ref low45, ref low67);
                Transposition.Turn(ref high01, ref high23, ref high45, ref high67);
                ushort* column0 = to + (c * Rows);
                raise.Apply(low01.AsUInt16(), ref fits).Store(column0);
                raise.Apply(low23.AsUInt16(), ref fits).Store(column0 + Rows);
                raise.Apply(low45.AsUInt16(), ref fits).Store(column0 + (2 * Rows));
                raise.Apply(low67.AsUInt16(), ref fits).Store(column0 + (3 * Rows));
                raise.Apply(high01.AsUInt16(), ref fits).Store(column0 + (4 * Rows));
                raise.Apply(high23.AsUInt16(), ref fits).Store(column0 + (5 * Rows));
                raise.Apply(high45.AsUInt16(), ref fits).Store(column0 + (6 * Rows));
                raise.Apply(high67.AsUInt16(), ref fits).Store(column0 + (7 * Rows));
            }
        }

        for (; c < columns; c++)
        {
            for (int r = 0; r < rows; r++)
                to[(c * Rows) + r] = raise.Apply(Vector128.CreateScalar(source[r][column + c]), ref fits)[0];
        }
    }
}
