using System;
using System.Linq;
using CsCheck;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Tests.Quantization;

public sealed class BlockFormatsTests
{
    [Fact]
    public void Q8_0_ReadsAKnownBlock()
    {
        // d = 0.5, then the bytes 0, 1, -1, 127, -128 and zeros.
        float[] elements = Read(TensorType.Q8_0, 32, [0x00, 0x38, 0x00, 0x01, 0xFF, 0x7F, 0x80]);
        Assert.Equal([0f, 0.5f, -0.5f, 63.5f, -64f, 0f], elements[..6]);
    }

    [Fact]
    public void Q4_0_ReadsAKnownBlock()
    {
        // d = 2; byte 0 holds 0 (low, element 0) and 15 (high, element 16), byte 1 holds 9 and 8.
        float[] elements = Read(TensorType.Q4_0, 32, [0x00, 0x40, 0xF0, 0x89]);
        Assert.Equal([-16f, 2f, -16f], elements[..3]);
        Assert.Equal([14f, 0f, -16f], elements[16..19]);
    }

    [Fact]
    public void Q4_1_ReadsAKnownBlock()
    {
        // d = 0.5, m = -3.
        float[] elements = Read(TensorType.Q4_1, 32, [0x00, 0x38, 0x00, 0xC2, 0xF0, 0x89]);
        Assert.Equal([-3f, 1.5f, -3f], elements[..3]);
        Assert.Equal([4.5f, 1f, -3f], elements[16..19]);
    }

    [Fact]
    public void Q5_0_ReadsAKnownBlock()
    {
        // d = 1; fifth bits of elements 0, 17 and 31.
        float[] elements = Read(TensorType.Q5_0, 32, [0x00, 0x3C, 0x01, 0x00, 0x02, 0x80, 0xF3, 0x21]);
        Assert.Equal([3f, -15f, -16f], elements[..3]);
        Assert.Equal([-1f, 2f, -16f], elements[16..19]);
        Assert.Equal(0f, elements[31]);
    }

    [Fact]
    public void Q5_1_ReadsAKnownBlock()
    {
        // d = 1, m = 0.25; fifth bits of elements 0, 17 and 31.
        float[] elements = Read(TensorType.Q5_1, 32, [0x00, 0x3C, 0x00, 0x34, 0x01, 0x00, 0x02, 0x80, 0xF3, 0x21]);
        Assert.Equal([19.25f, 1.25f, 0.25f], elements[..3]);
        Assert.Equal([15.25f, 18.25f, 0.25f], elements[16..19]);
        Assert.Equal(16.25f, elements[31]);
    }

    [Fact]
    public void Q2_K_ReadsAKnownBlock()
    {
        byte[] block = new byte[84];
        block[0] = 0x23; // sub-block 0: scale 3, minimum 2
        block[3] = 0x05; // sub-block 3: scale 5
        block[15] = 0x1F; // sub-block 15: scale 15, minimum 1
        block[16] = 0b11_10_01_10; // elements 0, 32, 64, 96
        block[16 + 16] = 0b00_00_11_00; // element 48 is 3
        block[16 + 63] = 0b10_00_00_00; // element 255 is 2
        Put(block, 80, 0.5f);
        Put(block, 82, 0.25f);
        float[] elements = Read(TensorType.Q2_K, 256, block);
        Assert.Equal([2.5f, -0.5f], elements[..2]);
        Assert.Equal(7.5f, elements[48]);
        Assert.Equal(14.75f, elements[255]);
    }

    [Fact]
    public void Q3_K_ReadsAKnownBlock()
    {
        byte[] block = new byte[110];
        block[0] = 0b1000_0001; // third bits of elements 0 and 224
        block[32] = 0b00_00_00_10; // element 0's code is 2
        block[32 + 32] = 0b01_00_00_00; // element 224's is 1
        block[96 + 0] = 0x03; // sub-block 0: low nibble 3; sub-block 8: 0
        block[96 + 6] = 0x50; // sub-block 14: low nibble 5
        block[104 + 0] = 0b00_00_00_10; // sub-block 0: upper bits 2, so 35
        block[104 + 2] = 0b11_00_00_00; // sub-block 14: upper bits 3, so 53
        Put(block, 108, 2f);
        float[] elements = Read(TensorType.Q3_K, 256, block);
        Assert.Equal([2f * 3 * 2, 2f * 3 * -4], elements[..2]);
        Assert.Equal([2f * 21 * 1, 2f * 21 * -4], elements[224..226]);
        Assert.Equal(2f * -32 * -4, elements[64]);
    }

    [Fact]
    public void Q4_K_ReadsAKnownBlock()
    {
        byte[] block = SixBitScales(144);
        block[16] = 0xA7; // elements 0 and 32
        block[16 + 127] = 0xF1; // elements 223 and 255
        float[] elements = Read(TensorType.Q4_K, 256, block);
        Assert.Equal([0.5f * 33 * 7 - 0.25f * 17, -0.25f * 17], elements[..2]);
        Assert.Equal(0.5f * 2 * 10 - 0.25f * 0, elements[32]);
        Assert.Equal(-0.25f * 0, elements[223]);
        Assert.Equal([-0.25f * 29, 0.5f * 57 * 15 - 0.25f * 29], elements[254..]);
    }

    [Fact]
    public void Q5_K_ReadsAKnownBlock()
    {
        byte[] block = SixBitScales(176);
        block[16] = 0b0000_0001; // fifth bit of element 0
        block[16 + 31] = 0b1000_0000; // fifth bit of element 255
        block[48] = 0xA7; // elements 0 and 32
        block[48 + 127] = 0xF1; // elements 223 and 255
        float[] elements = Read(TensorType.Q5_K, 256, block);
        Assert.Equal([0.5f * 33 * 23 - 0.25f * 17, -0.25f * 17], elements[..2]);
        Assert.Equal(0.5f * 2 * 10, elements[32]);
        Assert.Equal([-0.25f * 29, 0.5f * 57 * 31 - 0.25f * 29], elements[254..]);
    }

    [Fact]
    public void Q6_K_ReadsAKnownBlock()
    {
        byte[] block = new byte[210];
        block[0] = 0x5F; // low nibbles: element 0 is 15, element 64 is 5
        block[64 + 63] = 0x20; // element 255 is 2
        block[128] = 0b00_01_00_11; // upper pairs: element 0 is 3, element 64 is 1
        block[128 + 63] = 0b10_00_00_00; // element 255 is 2
        block[192] = 7; // sub-block 0
        block[192 + 4] = unchecked((byte)-3); // sub-block 4, elements 64 to 79
        block[192 + 15] = 127; // sub-block 15
        Put(block, 208, 0.5f);
        float[] elements = Read(TensorType.Q6_K, 256, block);
        Assert.Equal([0.5f * 7 * 31, 0.5f * 7 * -32], elements[..2]);
        Assert.Equal(0.5f * -3 * (21 - 32), elements[64]);
        Assert.Equal(0.5f * 127 * (34 - 32), elements[255]);
    }

    [Theory]
    [MemberData(nameof(Formats.OfAll), MemberType = typeof(Formats))]
    public void Dequantize_EqualsThePlainReading(TensorType type)
    {
        const int Elements = 3 * 256;
        byte[] row = new byte[Formats.Bytes(type, Elements)];
        for (int seed = 0; seed < 50; seed++)
        {
            new Random(seed).NextBytes(row);
            float[] elements = new float[Elements];
            BlockFormats.Dequantize(type, row, elements);
            for (int i = 0; i < Elements; i++)
                AssertSameBits(PlainBlocks.Element(type, row, i), elements[i], $"{type}, seed {seed}, element {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Formats.OfAll), MemberType = typeof(Formats))]
    public void DequantizeRange_IsASliceOfTheWhole(TensorType type)
    {
        const int Elements = 4 * 256;
        byte[] row = new byte[Formats.Bytes(type, Elements)];
        BlockFormats.Quantize(type, Formats.Row("Gaussian", Elements), row);
        float[] whole = new float[Elements];
        BlockFormats.Dequantize(type, row, whole);
        Gen.Int[0, Elements].SelectMany(start => Gen.Int[0, Elements - start], (start, length) => (start, length)).Sample(
            range =>
            {
                float[] part = new float[range.length];
                BlockFormats.DequantizeRange(type, row, range.start, part);
                return part.AsSpan().SequenceEqual(whole.AsSpan(range.start, range.length));
            },
            iter: 300);
    }

    [Fact]
    public void DequantizeRange_RefusesWhatIsNotThere()
    {
        byte[] row = new byte[36];
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.DequantizeRange(TensorType.Q4_0, row, -1, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.DequantizeRange(TensorType.Q4_0, row, 64, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.DequantizeRange(TensorType.Q4_0, row, long.MaxValue, new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.DequantizeRange(TensorType.Q4_0, row, 0, new float[65]));
        Assert.Throws<ArgumentException>(() => BlockFormats.DequantizeRange(TensorType.Q4_0, row.AsSpan(1), 0, new float[1]));
        BlockFormats.DequantizeRange(TensorType.Q4_0, row, 64, []);
    }

    [Theory]
    [MemberData(nameof(Formats.OfAll), MemberType = typeof(Formats))]
    public void Lengths_MustFit(TensorType type)
    {
        TensorBlock block = TensorTypes.BlockOf(type);
        byte[] bytes = new byte[2 * block.Bytes];
        float[] elements = new float[2 * block.Elements];
        BlockFormats.Quantize(type, elements, bytes);
        BlockFormats.Dequantize(type, bytes, elements);
        Assert.Throws<ArgumentException>(() => BlockFormats.Dequantize(type, bytes, elements.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => BlockFormats.Dequantize(type, bytes.AsSpan(1), elements));
        Assert.Throws<ArgumentException>(() => BlockFormats.Dequantize(type, bytes.AsSpan(block.Bytes), elements));
        Assert.Throws<ArgumentException>(() => BlockFormats.Quantize(type, elements.AsSpan(1), bytes));
        Assert.Throws<ArgumentException>(() => BlockFormats.Quantize(type, elements, bytes.AsSpan(1)));
        BlockFormats.Quantize(type, [], []);
        BlockFormats.Dequantize(type, [], []);
    }

    [Fact]
    public void UnknownType_IsRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.Dequantize((TensorType)9, new byte[36], new float[32]));
        Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.Quantize((TensorType)9, new float[32], new byte[36]));
    }

    [Theory]
    [MemberData(nameof(Formats.OfAll), MemberType = typeof(Formats))]
    public unsafe void ConvertRows_EqualsRowByRow(TensorType type)
    {
        const int Rows = 7, Columns = 2304;
        float[] source = Formats.Row("Laplace", Rows * Columns);
        int rowBytes = Formats.Bytes(type, Columns);
        byte[] expected = new byte[Rows * rowBytes];
        BlockFormats.Quantize(type, source, expected);
        byte[] actual = new byte[expected.Length];
        fixed (float* data = source)
        {
            TensorView view = new("w", TensorType.F32, Rows, Columns, (byte*)data, source.Length * sizeof(float));
            foreach ((int begin, int end) in new[] { (0, 0), (5, 7), (0, 1), (1, 5) })
                BlockFormats.ConvertRows(view, type, begin, end, actual.AsSpan(begin * rowBytes, (end - begin) * rowBytes));
            Assert.Equal(expected, actual);

            float[] row = new float[Columns];
            fixed (byte* stored = actual)
            {
                TensorView converted = new("w", type, Rows, Columns, stored, actual.Length);
                BlockFormats.DequantizeRow(converted, 6, row);
                Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.DequantizeRow(converted, 7, row));
                Assert.Throws<ArgumentException>(() => BlockFormats.DequantizeRow(converted, 6, new float[Columns - 1]));
                TensorView cut = new("w", type, Rows, Columns, stored, actual.Length - 1);
                Assert.Throws<ArgumentException>(() => BlockFormats.DequantizeRow(cut, 0, row));
            }

            float[] whole = new float[source.Length];
            BlockFormats.Dequantize(type, actual, whole);
            Assert.Equal(whole[(6 * Columns)..], row);
            Assert.Throws<ArgumentOutOfRangeException>(() => BlockFormats.ConvertRows(view, type, 6, 8, new byte[2 * rowBytes]));
            Assert.Throws<ArgumentException>(() => BlockFormats.ConvertRows(view, type, 0, 1, new byte[rowBytes - 1]));
        }
    }

    [Fact]
    public unsafe void ConvertRows_NamesWhereANumberIsNotFinite()
    {
        float[] source = new float[3 * 4096];
        source[4096 + 4000] = float.NaN;
        fixed (float* data = source)
        {
            TensorView view = new("blk.3.attn_q.weight", TensorType.F32, 3, 4096, (byte*)data, source.Length * sizeof(float));
            byte[] two = new byte[2 * Formats.Bytes(TensorType.Q4_K, 4096)];
            ModelFormatException error =
                Assert.Throws<ModelFormatException>(() => BlockFormats.ConvertRows(view, TensorType.Q4_K, 1, 3, two));
            Assert.Equal("blk.3.attn_q.weight: row 1, column 4000 is NaN, for which Q4_K has no form.", error.Message);
        }
    }

    [Fact]
    public void Dequantize_AllocatesNothing()
    {
        byte[] bytes = new byte[Formats.Bytes(TensorType.Q4_K, 4096)];
        float[] elements = new float[4096];
        Assert.Equal(0, Allocations.Least(() =>
        {
            foreach (TensorType type in Formats.Blocked)
                Run(type);
        }));

        void Run(TensorType type)
        {
            Span<byte> row = bytes.AsSpan(0, TensorTypes.BlockOf(type).Bytes);
            Span<float> values = elements.AsSpan(0, TensorTypes.BlockOf(type).Elements);
            BlockFormats.Quantize(type, values, row);
            BlockFormats.Dequantize(type, row, values);
            BlockFormats.DequantizeRange(type, row, 3, values[..7]);
        }
    }

    internal static void AssertSameBits(float expected, float actual, string what)
    {
        bool same = BitConverter.SingleToInt32Bits(expected) == BitConverter.SingleToInt32Bits(actual)
            || (float.IsNaN(expected) && float.IsNaN(actual));
        if (!same)
            Assert.Fail($"{what}: expected {expected:R}, but got {actual:R}.");
    }

    /// <summary>A block whose rest is zero.</summary>
    private static float[] Read(TensorType type, int elements, byte[] start)
    {
        float[] read = new float[elements];
        BlockFormats.Dequantize(type, [.. start, .. Enumerable.Repeat((byte)0, Formats.Bytes(type, elements) - start.Length)], read);
        return read;
    }

    // d = 0.5, dmin = 0.25; scale and minimum of sub-block 0: 33 and 17; of sub-block 1: 2 and 0; of sub-block 7: 57 and 29.
    private static byte[] SixBitScales(int bytes)
    {
        byte[] block = new byte[bytes];
        Put(block, 0, 0.5f);
        Put(block, 2, 0.25f);
        block[4] = 33;
        block[5] = 2;
        block[4 + 4] = 17;
        block[4 + 3] = 57 >> 4 << 6;
        block[4 + 7] = 29 >> 4 << 6;
        block[4 + 11] = (57 & 15) | ((29 & 15) << 4);
        return block;
    }

    private static void Put(byte[] block, int offset, float half) => BitConverter.TryWriteBytes(block.AsSpan(offset), (Half)half);
}
