using System;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tests.Quantization;

namespace Llamalith.Tests.Packing;

public sealed unsafe class WeightPackerTests
{
    public static TheoryData<TensorType> Types => Formats.OfAll;

    private static readonly (int Rows, int Blocks)[] s_sizes = [(1, 1), (3, 2), (16, 3), (17, 1), (32, 2), (33, 5), (64, 1), (79, 2)];

    [Theory]
    [MemberData(nameof(Types))]
    public void Pack_KeepsEveryWeight(TensorType type)
    {
        foreach ((int rows, int blocks) in s_sizes)
        {
            using Matrix matrix = new(type, rows, Columns(type, blocks), "Gaussian", seed: rows);
            Packed packed = Packed.Of(matrix, type);
            Assert.Equal(MathF.ScaleB(1, type is TensorType.F32 or TensorType.BF16 ? 0 : -14), packed.Unit, 0f);
            packed.AssertHolds(matrix, row => row);
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Pack_LeavesMissingRowsZero(TensorType type)
    {
        using Matrix matrix = new(type, 5, Columns(type, 1), "Gaussian off zero", seed: 5);
        Packed packed = Packed.Of(matrix, type);
        for (int lane = 5; lane < WeightPacker.PanelRows; lane++)
        {
            for (int column = 0; column < matrix.View.Columns; column++)
                Assert.Equal(0, packed.Read(lane, column));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void PackPair_LaysSixteenRowsOfEachInTurn(TensorType type)
    {
        foreach ((int rows, int blocks) in s_sizes)
        {
            using Matrix first = new(type, rows, Columns(type, blocks), "Gaussian", seed: rows);
            using Matrix second = new(type, rows, Columns(type, blocks), "Laplace", seed: rows + 1);
            Packed packed = new(type, WeightPacker.PairPanels(rows), first.View.Columns);
            packed.Unit =
                WeightPacker.PackPair(first.View, second.View, type, packed.Memory.Data, 2, TestContext.Current.CancellationToken);
            packed.AssertHolds(first, row => (row / 16 * 32) + (row % 16));
            packed.AssertHolds(second, row => (row / 16 * 32) + 16 + (row % 16));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Pack_TurnsTheRowsOfHeads(TensorType type)
    {
        const int HeadDim = 8;
        using Matrix matrix = new(type, 5 * HeadDim, Columns(type, 2), "Gaussian", seed: 9);
        Packed packed = Packed.Of(matrix, type, RowOrder.Between(RopeLayout.HalfSplit, RopeLayout.Interleaved, HeadDim));

        // Row i of a head's first half becomes row 2i, row i of its second half row 2i + 1.
        packed.AssertHolds(matrix, row => (row / HeadDim * HeadDim) + (row % HeadDim % 4 * 2) + (row % HeadDim / 4));
    }

    [Theory]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void Pack_WidensShortFloats(TensorType type)
    {
        using Matrix matrix = new(type, 37, 67, "Gaussian", seed: 3);
        Packed.Of(matrix, TensorType.F32).AssertHolds(matrix, row => row);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Pack_RaisesTinyScalesExactly(TensorType type)
    {
        // Scales down to the smallest halves, and zeros among them.
        using Matrix matrix = new(type, 40, Columns(type, 2), "Gaussian, tiny", seed: 7);
        Packed.Of(matrix, type).AssertHolds(matrix, row => row);
    }

    [Theory]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.Q8_0)]
    [InlineData(TensorType.Q4_1)]
    [InlineData(TensorType.Q6_K)]
    public void Pack_RaisesNoScaleWhereOneIsTooLarge(TensorType type)
    {
        using Matrix matrix = new(type, 40, Columns(type, 2), "Gaussian", seed: 8, factor: 1e6f, odd: 33);
        Packed packed = Packed.Of(matrix, type);
        Assert.Equal(1f, packed.Unit);
        packed.AssertHolds(matrix, row => row);
    }

    [Fact]
    public void Pack_GivesTheSameBytesOnAnyNumberOfThreads()
    {
        using Matrix matrix = new(TensorType.Q4_K, 700, 1024, "Gaussian", seed: 11);
        Packed one = Packed.Of(matrix, TensorType.Q4_K, threads: 1), many = Packed.Of(matrix, TensorType.Q4_K, threads: 5);
        Assert.True(new ReadOnlySpan<byte>(one.Memory.Data, (int)one.Memory.Length)
            .SequenceEqual(new ReadOnlySpan<byte>(many.Memory.Data, (int)many.Memory.Length)));
    }

    // Odd widths for floats, whose blocks are single columns.
    private static int Columns(TensorType type, int blocks) =>
        TensorTypes.BlockOf(type).Elements is var block and > 1 ? block * blocks : (31 * blocks) + 3;

    /// <summary>A random matrix as a file stores it, and its weights.</summary>
    private sealed class Matrix : IDisposable
    {
        private readonly NativeBuffer _memory;

        public Matrix(TensorType type, int rows, int columns, string distribution, int seed, float factor = 1, int odd = -1)
        {
            int rowBytes = Formats.Bytes(type, columns);
            _memory = new NativeBuffer((long)rows * rowBytes);
            Weights = new float[rows][];
            for (int r = 0; r < rows; r++)
            {
                float[] row = Formats.Row(distribution, columns, (seed * 1000) + r);
                if (r == odd)
                    row[^1] *= factor;
                Span<byte> stored = new(_memory.Data + ((long)r * rowBytes), rowBytes);
                BlockFormats.Quantize(type, row, stored);
                Weights[r] = new float[columns];
                BlockFormats.Dequantize(type, stored, Weights[r]);
            }

            View = new TensorView("matrix", type, rows, columns, _memory.Data, _memory.Length);
        }

        public TensorView View { get; }

        public float[][] Weights { get; }

        public void Dispose() => _memory.Dispose();
    }

    private sealed class Packed(TensorType type, int panels, long columns)
    {
        public NativeBuffer Memory { get; } = new(panels * WeightPacker.PanelBytes(type, columns));

        public float Unit { get; set; }

        public static Packed Of(Matrix matrix, TensorType type, RowOrder order = default, int threads = 2)
        {
            Packed packed = new(type, WeightPacker.Panels(matrix.View.Rows), matrix.View.Columns);
            packed.Unit = WeightPacker.Pack(matrix.View, type, order, packed.Memory.Data, threads, TestContext.Current.CancellationToken);
            return packed;
        }

        public double Read(int row, int column)
        {
            int bytes = (int)WeightPacker.PanelBytes(type, columns);
            ReadOnlySpan<byte> panel = new(Memory.Data + ((long)(row / WeightPacker.PanelRows) * bytes), bytes);
            return PlainPanels.Read(type, panel, row % WeightPacker.PanelRows, column) * Unit;
        }

        public void AssertHolds(Matrix matrix, Func<int, int> place)
        {
            for (int row = 0; row < matrix.Weights.Length; row++)
            {
                // Files' weights are computed in 32 bits; where a minimum is subtracted, the rounding is of the larger of the two.
                double bound = 1e-6 * matrix.Weights[row].Max(Math.Abs);
                for (int column = 0; column < columns; column++)
                {
                    double expected = matrix.Weights[row][column], found = Read(place(row), column);
                    Assert.True(Math.Abs(found - expected) <= bound, $"{type}, row {row}, column {column}: {found}, not {expected}.");
                }
            }
        }
    }
}
