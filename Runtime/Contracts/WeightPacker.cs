using System;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Contracts;

/// <summary>
/// Packs row-major weight matrices into the panels that generated kernels stream: 32 rows a panel, column after column, so that a
/// vector register holds one column of neighbouring rows and no kernel ever sums across lanes. Missing rows are zero.
/// </summary>
public static unsafe class WeightPacker
{
    /// <summary>Rows in a panel.</summary>
    public const int PanelRows = 32;

    // Columns transposed at a time: 32 rows of them stay in the first-level cache.
    private const int TileColumns = 64;

    /// <summary>Number of panels that hold that many rows.</summary>
    public static int Panels(long rows) => checked((int)((rows + PanelRows - 1) / PanelRows));

    /// <summary>Packs one matrix [rows, columns]: panel p holds rows 32p to 32p + 31.</summary>
    /// <param name="matrix">The matrix in the file.</param>
    /// <param name="order">Which source row becomes which.</param>
    /// <param name="destination">Panels(rows) · 32 · columns zeroed floats.</param>
    /// <param name="cancellation">Stops between panels.</param>
    public static void Pack(TensorView matrix, RowOrder order, float* destination, CancellationToken cancellation)
    {
        ForEachPanel(Panels(matrix.Rows), panel =>
        {
            int rows = (int)Math.Min(PanelRows, matrix.Rows - ((long)panel * PanelRows));
            float* target = destination + (panel * PanelRows * matrix.Columns);
            Transpose(matrix, order, (long)panel * PanelRows, rows, target);
        }, cancellation);
    }

    /// <summary>
    /// Packs two matrices of one shape so that a kernel can combine their rows pairwise: panel p holds rows 16p to 16p + 15 of the
    /// first, then the same rows of the second.
    /// </summary>
    /// <param name="first">The matrix in the lower half of each panel.</param>
    /// <param name="second">The matrix in the upper half of each panel.</param>
    /// <param name="destination">Panels(2 · rows rounded up to 16) · 32 · columns zeroed floats.</param>
    /// <param name="cancellation">Stops between panels.</param>
    public static void PackPair(TensorView first, TensorView second, float* destination, CancellationToken cancellation)
    {
        const int Half = PanelRows / 2;
        ForEachPanel(checked((int)((first.Rows + Half - 1) / Half)), panel =>
        {
            int rows = (int)Math.Min(Half, first.Rows - ((long)panel * Half));
            float* target = destination + (panel * PanelRows * first.Columns);
            Transpose(first, default, (long)panel * Half, rows, target);
            Transpose(second, default, (long)panel * Half, rows, target + Half);
        }, cancellation);
    }

    /// <summary>Widens a vector, such as norm weights or a bias.</summary>
    public static void Copy(TensorView vector, RowOrder order, float* destination)
    {
        for (long i = 0; i < vector.Columns; i++)
            WeightReader.ReadRow(vector, 0, order.Source(i), 1, destination + i);
    }

    // target[column * 32 + r] = matrix[order(firstRow + r)][column]
    private static void Transpose(in TensorView matrix, RowOrder order, long firstRow, int rows, float* target)
    {
        float* tile = stackalloc float[PanelRows * TileColumns];
        for (long column = 0; column < matrix.Columns; column += TileColumns)
        {
            int columns = (int)Math.Min(TileColumns, matrix.Columns - column);
            for (int r = 0; r < rows; r++)
                WeightReader.ReadRow(matrix, order.Source(firstRow + r), column, columns, tile + (r * TileColumns));
            float* panel = target + (column * PanelRows);
            for (int c = 0; c < columns; c++)
            {
                for (int r = 0; r < rows; r++)
                    panel[(c * PanelRows) + r] = tile[(r * TileColumns) + c];
            }
        }
    }

    private static void ForEachPanel(int panels, Action<int> pack, CancellationToken cancellation) =>
        Parallel.For(0, panels, new ParallelOptions { CancellationToken = cancellation }, pack);
}
