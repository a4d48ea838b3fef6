using System;
using System.Runtime.CompilerServices;
using Llamalith.Contracts;

namespace Llamalith.Packing;

/// <summary>Packs float weights into panels: 32 rows, column after column, in the file's own width or widened to 32 bits.</summary>
internal static unsafe class FloatPanels
{
    private const int Rows = WeightPacker.PanelRows;

    // Columns transposed at a time: 32 rows of them stay in the first-level cache.
    private const int TileColumns = 64;

    /// <summary>panel[column · 32 + firstLane + r] = matrix[order(firstRow + r)][column], widened to 32 bits.</summary>
    [SkipLocalsInit]
    public static void PackSingles(in TensorView matrix, RowOrder order, long firstRow, int rows, int firstLane, float* panel)
    {
        float* tile = stackalloc float[Rows * TileColumns];
        for (long column = 0; column < matrix.Columns; column += TileColumns)
        {
            int columns = (int)Math.Min(TileColumns, matrix.Columns - column);
            for (int r = 0; r < rows; r++)
                WeightReader.ReadRow(matrix, order.Source(firstRow + r), column, columns, tile + (r * TileColumns));
            float* to = panel + (column * Rows) + firstLane;
            for (int c = 0; c < columns; c++, to += Rows)
            {
                for (int r = 0; r < rows; r++)
                    to[r] = tile[(r * TileColumns) + c];
            }
        }
    }

    /// <summary>The same for bfloat16, unchanged.</summary>
    public static void PackBFloats(in TensorView matrix, RowOrder order, long firstRow, int rows, int firstLane, ushort* panel)
    {
        for (int r = 0; r < rows; r++)
        {
            byte* from = matrix.Data + (order.Source(firstRow + r) * matrix.Columns * sizeof(ushort));
            ushort* to = panel + firstLane + r;
            for (long c = 0; c < matrix.Columns; c++, to += Rows)
                *to = Unsafe.ReadUnaligned<ushort>(from + (c * sizeof(ushort)));
        }
    }

    /// <summary>The same for halves, raised; false where one was too large to be raised.</summary>
    public static bool PackHalves(in TensorView matrix, RowOrder order, long firstRow, int rows, int firstLane, ushort* panel, HalfRaise raise)
    {
        bool fits = true;
        for (long column = 0; column < matrix.Columns; column += TileColumns)
        {
            int columns = (int)Math.Min(TileColumns, matrix.Columns - column);
            for (int r = 0; r < rows; r++)
            {
                byte* from = matrix.Data + (((order.Source(firstRow + r) * matrix.Columns) + column) * sizeof(ushort));
                ushort* to = panel + (column * Rows) + firstLane + r;
                for (int c = 0; c < columns; c++, to += Rows)
                    *to = raise.Apply(Unsafe.ReadUnaligned<ushort>(from + (c * sizeof(ushort))), ref fits);
            }
        }

        return fits;
    }
}
