using System;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Packing;

namespace Llamalith.Contracts;

/// <summary>
/// Packs row-major weight matrices into the panels that generated kernels stream: 32 rows each, laid out so that a vector register
/// holds the same columns of neighbouring rows and no kernel ever sums across lanes. Missing rows are zero.
/// </summary>
public static unsafe class WeightPacker
{
    /// <summary>Rows in a panel.</summary>
    public const int PanelRows = 32;

    // What one call of a task packs, so that a small matrix is not torn into tasks smaller than their own cost.
    private const long BytesAtOnce = 1 << 16;

    /// <summary>
    /// The name of the layout that panels have. Kernels of every instruction set read the same one; it gets another number when what
    /// they read changes, so that a packed file of before is refused.
    /// </summary>
    public const string Layout = "panels-32/1";

    /// <summary>Bytes of a vector of floats padded to whole panels.</summary>
    public static long VectorBytes(long length) => Panels(length) * (long)PanelRows * sizeof(float);

    /// <summary>Widens a vector, such as norm weights or a bias, to 32 bits.</summary>
    /// <param name="vector">The vector in the file, of any type.</param>
    /// <param name="order">Which source element becomes which.</param>
    /// <param name="destination">VectorBytes zeroed bytes.</param>
    public static void PackVector(in TensorView vector, RowOrder order, float* destination)
    {
        if (order.IsUnchanged)
            WeightReader.ReadRow(vector, 0, 0, checked((int)vector.Columns), destination);
        else
        {
            for (long i = 0; i < vector.Columns; i++)
                WeightReader.ReadRow(vector, 0, order.Source(i), 1, destination + i);
        }
    }

    /// <summary>Number of panels that hold that many rows.</summary>
    public static int Panels(long rows) => checked((int)((rows + PanelRows - 1) / PanelRows));

    /// <summary>Bytes of one panel of a format.</summary>
    /// <exception cref="ArgumentException">The columns are no whole number of the format's blocks.</exception>
    public static long PanelBytes(TensorType type, long columns)
    {
        TensorBlock block = TensorTypes.BlockOf(type);
        if (columns % block.Elements != 0)
        {
            throw new ArgumentException(
                $"{columns} columns are no whole number of {type} blocks of {block.Elements} elements.", nameof(columns));
        }

        return columns / block.Elements * type switch
        {
            TensorType.Q8_0 => IntegerPanels<Q8_0Codes>.BlockBytes,
            TensorType.Q4_0 => IntegerPanels<Q4_0Codes>.BlockBytes,
            TensorType.Q4_1 => IntegerPanels<Q4_1Codes>.BlockBytes,
            TensorType.Q5_0 => IntegerPanels<Q5_0Codes>.BlockBytes,
            TensorType.Q5_1 => IntegerPanels<Q5_1Codes>.BlockBytes,
            TensorType.Q2_K => IntegerPanels<Q2_KCodes>.BlockBytes,
            TensorType.Q3_K => IntegerPanels<Q3_KCodes>.BlockBytes,
            TensorType.Q4_K => IntegerPanels<Q4_KCodes>.BlockBytes,
            TensorType.Q5_K => IntegerPanels<Q5_KCodes>.BlockBytes,
            TensorType.Q6_K => IntegerPanels<Q6_KCodes>.BlockBytes,
            _ when TensorTypes.HasKernels(type) => PanelRows * block.Bytes,
            _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No panels are known for this tensor type."),
        };
    }

    /// <summary>Packs one matrix [rows, columns]: panel p holds rows 32p to 32p + 31.</summary>
    /// <param name="matrix">The matrix in the file.</param>
    /// <param name="type">The panels' format: the file's own, or F32 for any float.</param>
    /// <param name="order">Which source row becomes which.</param>
    /// <param name="destination">Panels(rows) · PanelBytes(type, columns) zeroed bytes.</param>
    /// <param name="threads">Most threads to use.</param>
    /// <param name="cancellation">Stops between panels.</param>
    /// <returns>What sums over the packed weights must be multiplied by (<see cref="PackedMatrix.Unit"/>).</returns>
    public static float Pack(
        TensorView matrix, TensorType type, RowOrder order, byte* destination, int threads, CancellationToken cancellation)
    {
        long bytes = PanelBytes(type, matrix.Columns);
        return ForEachPanel(type, Panels(matrix.Rows), bytes, threads, (panel, raise) =>
        {
            long row = (long)panel * PanelRows;
            return PackRows(matrix, type, order, row, (int)Math.Min(PanelRows, matrix.Rows - row), 0, destination + (panel * bytes), raise);
        }, cancellation);
    }

    /// <summary>
    /// Packs two matrices of one shape and format so that a kernel can combine their rows pairwise: panel p holds rows 16p to 16p + 15
    /// of the first, then the same rows of the second.
    /// </summary>
    /// <param name="first">The matrix in the lower half of each panel.</param>
    /// <param name="second">The matrix in the upper half of each panel.</param>
    /// <param name="type">The panels' format.</param>
    /// <param name="destination">PairPanels(rows) · PanelBytes(type, columns) zeroed bytes.</param>
    /// <param name="threads">Most threads to use.</param>
    /// <param name="cancellation">Stops between panels.</param>
    /// <returns>What sums over the packed weights must be multiplied by (<see cref="PackedMatrix.Unit"/>).</returns>
    public static float PackPair(
        TensorView first, TensorView second, TensorType type, byte* destination, int threads, CancellationToken cancellation)
    {
        const int Half = PanelRows / 2;
        long bytes = PanelBytes(type, first.Columns);
        return ForEachPanel(type, PairPanels(first.Rows), bytes, threads, (panel, raise) =>
        {
            long row = (long)panel * Half;
            int rows = (int)Math.Min(Half, first.Rows - row);
            return PackRows(first, type, default, row, rows, 0, destination + (panel * bytes), raise)
                & PackRows(second, type, default, row, rows, Half, destination + (panel * bytes), raise);
        }, cancellation);
    }

    /// <summary>Number of panels that hold that many rows of each of two matrices.</summary>
    public static int PairPanels(long rows) => checked((int)((rows + (PanelRows / 2) - 1) / (PanelRows / 2)));

    private static bool PackRows(
        in TensorView matrix, TensorType type, RowOrder order, long firstRow, int rows, int lane, byte* panel, HalfRaise raise)
    {
        switch (type)
        {
            case TensorType.F32:
                FloatPanels.PackSingles(matrix, order, firstRow, rows, lane, (float*)panel);
                return true;
            case TensorType.BF16:
                return FloatPanels.PackWords(matrix, order, firstRow, rows, lane, (ushort*)panel, HalfRaise.None);
            case TensorType.F16:
                return FloatPanels.PackWords(matrix, order, firstRow, rows, lane, (ushort*)panel, raise);
            case TensorType.Q8_0:
                return IntegerPanels<Q8_0Codes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q4_0:
                return IntegerPanels<Q4_0Codes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q4_1:
                return IntegerPanels<Q4_1Codes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q5_0:
                return IntegerPanels<Q5_0Codes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q5_1:
                return IntegerPanels<Q5_1Codes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q2_K:
                return IntegerPanels<Q2_KCodes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q3_K:
                return IntegerPanels<Q3_KCodes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q4_K:
                return IntegerPanels<Q4_KCodes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q5_K:
                return IntegerPanels<Q5_KCodes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            case TensorType.Q6_K:
                return IntegerPanels<Q6_KCodes>.PackRows(matrix, order, firstRow, rows, lane, panel, raise);
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "No panels are known for this tensor type.");
        }
    }

    // Raises all halves, or none of them where one of them is too large for it (which no sane model has).
    private static float ForEachPanel(
        TensorType type, int panels, long panelBytes, int threads, Func<int, HalfRaise, bool> pack, CancellationToken cancellation)
    {
        int atOnce = (int)Math.Clamp(BytesAtOnce / panelBytes, 1, panels);
        ParallelOptions options = new() { CancellationToken = cancellation, MaxDegreeOfParallelism = threads };
        bool hasHalves = type is not (TensorType.F32 or TensorType.BF16);
        return hasHalves && Try(HalfRaise.Full) ? HalfRaise.Full.Unit : Try(HalfRaise.None)
            ? HalfRaise.None.Unit : throw new InvalidOperationException("Panels were not packed.");

        bool Try(HalfRaise raise)
        {
            bool fits = true;
            Parallel.For(0, (panels + atOnce - 1) / atOnce, options, (piece, state) =>
            {
                for (int panel = piece * atOnce; panel < Math.Min(panels, (piece + 1) * atOnce); panel++)
                {
                    if (pack(panel, raise))
                        continue;
                    Volatile.Write(ref fits, false);
                    state.Stop();
                    return;
                }
            });
            return fits;
        }
    }
}
