using System;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Llamalith.Contracts;

namespace Llamalith.Quantization;

/// <summary>
/// Every <see cref="TensorType"/> as data: stored bytes to floats, and floats to stored bytes. The layouts are GGML's, bit for bit.
/// Nothing here allocates, keeps state or depends on the machine: the same input gives the same bytes everywhere.
/// </summary>
/// <remarks>
/// <para>Reading follows GGML's arithmetic exactly, one rounding after each multiplication and addition.</para>
/// <para>Writing minimises the squared error, in which a large weight counts more than a small one; no calibration data is needed.
/// What a block format cannot hold: infinities and NaN are refused; magnitudes beyond the
/// format's largest (its largest code times the largest half) become the largest; differences far below its smallest scale (2^-24)
/// vanish. F32, F16 and BF16 keep infinities and NaN, and also turn finite numbers out of range into their largest finite one.</para>
/// </remarks>
public static unsafe class BlockFormats
{
    private const int LongestBlock = 256;

    /// <summary>Rebuilds whole blocks.</summary>
    /// <param name="type">How <paramref name="source"/> is stored.</param>
    /// <param name="source">Stored blocks, of any alignment.</param>
    /// <param name="destination">The elements: exactly as many as the blocks hold.</param>
    /// <exception cref="ArgumentException">The bytes are no whole number of blocks, or hold another number of elements.</exception>
    public static void Dequantize(TensorType type, ReadOnlySpan<byte> source, Span<float> destination)
    {
        TensorBlock block = TensorTypes.BlockOf(type);
        long blocks = source.Length / block.Bytes;
        if (blocks * block.Bytes != source.Length || blocks * block.Elements != destination.Length)
        {
            throw new ArgumentException(
                $"{source.Length} bytes are not the {type} form of {destination.Length} elements: a block holds {block.Elements} in "
                    + $"{block.Bytes} bytes.",
                nameof(source));
        }

        fixed (byte* from = source)
        fixed (float* to = destination)
            Dequantize(type, from, to, blocks);
    }

    /// <summary>Rebuilds any stretch of elements, which need not begin or end with a block.</summary>
    /// <param name="type">How <paramref name="source"/> is stored.</param>
    /// <param name="source">Stored blocks, of any alignment.</param>
    /// <param name="start">The first element wanted, counted from the beginning of <paramref name="source"/>.</param>
    /// <param name="destination">The elements [start, start + destination.Length).</param>
    /// <exception cref="ArgumentException">The bytes are no whole number of blocks.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The stretch is not within them.</exception>
    public static void DequantizeRange(TensorType type, ReadOnlySpan<byte> source, long start, Span<float> destination)
    {
        TensorBlock block = TensorTypes.BlockOf(type);
        if (source.Length % block.Bytes != 0)
        {
            throw new ArgumentException(
                $"{source.Length} bytes are no whole number of {type} blocks of {block.Bytes} bytes.", nameof(source));
        }

        long elements = (long)(source.Length / block.Bytes) * block.Elements;
        if (start < 0 || start > elements - destination.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(start), start,
                $"Elements [{start}, {start + destination.Length}) are not all among the {elements} that {source.Length} bytes of {type} "
                    + "hold.");
        }

        fixed (byte* from = source)
        fixed (float* to = destination)
            DequantizeRange(type, block, from, start, to, destination.Length);
    }

    /// <summary>Rebuilds one row of a tensor.</summary>
    /// <param name="tensor">The tensor, of any type.</param>
    /// <param name="row">Which row.</param>
    /// <param name="destination">The row's elements: exactly <see cref="TensorView.Columns"/>.</param>
    /// <exception cref="ArgumentException">The destination has another length, or the view fewer bytes than its shape needs.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensor has no such row.</exception>
    public static void DequantizeRow(in TensorView tensor, long row, Span<float> destination)
    {
        long rowBytes = RowBytes(tensor);
        if (row < 0 || row >= tensor.Rows)
            throw new ArgumentOutOfRangeException(nameof(row), row, $"{tensor.Name} has {tensor.Rows} rows.");
        if (destination.Length != tensor.Columns)
        {
            throw new ArgumentException(
                $"A row of {tensor.Name} has {tensor.Columns} elements, the destination {destination.Length}.", nameof(destination));
        }

        fixed (float* to = destination)
            DequantizeRange(tensor.Type, TensorTypes.BlockOf(tensor.Type), tensor.Data + row * rowBytes, 0, to, destination.Length);
    }

    /// <summary>Quantises whole blocks.</summary>
    /// <param name="type">How to store them.</param>
    /// <param name="source">The elements: a whole number of blocks.</param>
    /// <param name="destination">The stored blocks: exactly the bytes they take.</param>
    /// <exception cref="ArgumentException">A length does not fit, or an element is infinite or NaN where the format has no form for
    /// it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The type is one that is only read (<see cref="TensorTypes.HasKernels"/>).</exception>
    public static void Quantize(TensorType type, ReadOnlySpan<float> source, Span<byte> destination)
    {
        TensorBlock block = TensorTypes.BlockOf(type);
        long blocks = source.Length / block.Elements;
        if (blocks * block.Elements != source.Length || blocks * block.Bytes != destination.Length)
        {
            throw new ArgumentException(
                $"{source.Length} elements do not fill {destination.Length} bytes of {type}: a block holds {block.Elements} in "
                    + $"{block.Bytes} bytes.",
                nameof(source));
        }

        fixed (float* from = source)
        fixed (byte* to = destination)
        {
            if (block.Elements > 1 && FirstNonFinite(from, source.Length) is long bad and >= 0)
                throw new ArgumentException($"Element {bad} is {source[(int)bad]}, for which {type} has no form.", nameof(source));
            Quantize(type, from, to, blocks);
        }
    }

    /// <summary>
    /// Converts rows [<paramref name="begin"/>, <paramref name="end"/>) of a tensor of any type to another. Calls on disjoint rows may run
    /// at the same time, so that a big matrix can be shared among threads.
    /// </summary>
    /// <param name="tensor">The rows to convert.</param>
    /// <param name="type">How to store them.</param>
    /// <param name="begin">The first row.</param>
    /// <param name="end">The row after the last.</param>
    /// <param name="destination">The stored rows: exactly the bytes they take.</param>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tensor does not have these rows.</exception>
    /// <exception cref="ModelFormatException">An element is infinite or NaN, for which the format has no form.</exception>
    public static void ConvertRows(in TensorView tensor, TensorType type, long begin, long end, Span<byte> destination)
    {
        long sourceRow = RowBytes(tensor);
        if (begin < 0 || end < begin || end > tensor.Rows)
        {
            throw new ArgumentOutOfRangeException(
                nameof(begin), begin, $"{tensor.Name} has {tensor.Rows} rows: [{begin}, {end}) are not all among them.");
        }

        long rowBytes = TensorTypes.ByteLength(type, 1, tensor.Columns);
        if (destination.Length != checked(rowBytes * (end - begin)))
        {
            throw new ArgumentException(
                $"{end - begin} rows of {tensor.Name} take {rowBytes * (end - begin)} bytes as {type}, the destination has "
                    + $"{destination.Length}.", nameof(destination));
        }

        if (type == tensor.Type)
        {
            // Quantising once more would lose something each time.
            new ReadOnlySpan<byte>(tensor.Data + begin * sourceRow, destination.Length).CopyTo(destination);
            return;
        }

        fixed (byte* to = destination)
        {
            byte* at = to;
            for (long row = begin; row < end; row++, at += rowBytes)
                ConvertRow(tensor, row, tensor.Data + row * sourceRow, type, at);
        }
    }

    [SkipLocalsInit]
    private static void ConvertRow(in TensorView tensor, long row, byte* source, TensorType type, byte* destination)
    {
        // A stretch at a time goes through the stack: whole blocks of every format, whatever the row's length.
        const int Stretch = 8 * LongestBlock;
        TensorBlock from = TensorTypes.BlockOf(tensor.Type), to = TensorTypes.BlockOf(type);
        float* elements = stackalloc float[Stretch];
        for (long done = 0; done < tensor.Columns; done += Stretch)
        {
            int count = (int)Math.Min(Stretch, tensor.Columns - done);
            Dequantize(tensor.Type, source + done / from.Elements * from.Bytes, elements, count / from.Elements);
            if (to.Elements > 1 && FirstNonFinite(elements, count) is long bad and >= 0)
            {
                throw new ModelFormatException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{tensor.Name}: row {row}, column {done + bad} is {elements[bad]}, for which {type} has no form."));
            }

            Quantize(type, elements, destination + done / to.Elements * to.Bytes, count / to.Elements);
        }
    }

    private static long RowBytes(in TensorView tensor)
    {
        long rowBytes = TensorTypes.ByteLength(tensor.Type, 1, tensor.Columns);
        if (tensor.Rows < 0 || checked(rowBytes * tensor.Rows) > tensor.ByteLength)
        {
            throw new ArgumentException(
                $"{tensor.Name} [{tensor.Rows}, {tensor.Columns}] takes {rowBytes * tensor.Rows} bytes as {tensor.Type}, but "
                    + $"{tensor.ByteLength} are there.", nameof(tensor));
        }

        return rowBytes;
    }

    [SkipLocalsInit]
    private static void DequantizeRange(TensorType type, TensorBlock block, byte* source, long start, float* destination, long count)
    {
        byte* at = source + start / block.Elements * block.Bytes;
        int skip = (int)(start % block.Elements);
        float* whole = stackalloc float[LongestBlock];
        if (skip > 0 && count > 0)
        {
            int head = (int)Math.Min(block.Elements - skip, count);
            Dequantize(type, at, whole, 1);
            new ReadOnlySpan<float>(whole + skip, head).CopyTo(new Span<float>(destination, head));
            at += block.Bytes;
            destination += head;
            count -= head;
        }

        long blocks = count / block.Elements;
        Dequantize(type, at, destination, blocks);
        int tail = (int)(count % block.Elements);
        if (tail > 0)
        {
            Dequantize(type, at + blocks * block.Bytes, whole, 1);
            new ReadOnlySpan<float>(whole, tail).CopyTo(new Span<float>(destination + blocks * block.Elements, tail));
        }
    }

    private static void Dequantize(TensorType type, byte* source, float* destination, long blocks)
    {
        switch (type)
        {
            case TensorType.F32: FloatRows.CopySingles(source, (byte*)destination, blocks); break;
            case TensorType.F16: FloatRows.WidenHalves((ushort*)source, destination, blocks); break;
            case TensorType.BF16: FloatRows.WidenBrains((ushort*)source, destination, blocks); break;
            case TensorType.Q4_0: Q4_0.Dequantize(source, destination, blocks); break;
            case TensorType.Q4_1: Q4_1.Dequantize(source, destination, blocks); break;
            case TensorType.Q5_0: Q5_0.Dequantize(source, destination, blocks); break;
            case TensorType.Q5_1: Q5_1.Dequantize(source, destination, blocks); break;
            case TensorType.Q8_0: Q8_0.Dequantize(source, destination, blocks); break;
            case TensorType.Q2_K: Q2_K.Dequantize(source, destination, blocks); break;
            case TensorType.Q3_K: Q3_K.Dequantize(source, destination, blocks); break;
            case TensorType.Q4_K: Q4_K.Dequantize(source, destination, blocks); break;
            case TensorType.Q5_K: Q5_K.Dequantize(source, destination, blocks); break;
            case TensorType.Q6_K: Q6_K.Dequantize(source, destination, blocks); break;
            case TensorType.IQ4_NL: NonlinearBlocks.DequantizeIQ4_NL(source, destination, blocks); break;
            case TensorType.IQ4_XS: NonlinearBlocks.DequantizeIQ4_XS(source, destination, blocks); break;
            case TensorType.MXFP4: NonlinearBlocks.DequantizeMXFP4(source, destination, blocks); break;
            case TensorType.NVFP4: NonlinearBlocks.DequantizeNVFP4(source, destination, blocks); break;
            case TensorType.TQ1_0: TernaryBlocks.DequantizeTQ1_0(source, destination, blocks); break;
            case TensorType.TQ2_0: TernaryBlocks.DequantizeTQ2_0(source, destination, blocks); break;
            default: throw Unknown(type);
        }
    }

    private static void Quantize(TensorType type, float* source, byte* destination, long blocks)
    {
        switch (type)
        {
            case TensorType.F32: FloatRows.CopySingles((byte*)source, destination, blocks); break;
            case TensorType.F16: FloatRows.NarrowToHalves(source, (ushort*)destination, blocks); break;
            case TensorType.BF16: FloatRows.NarrowToBrains(source, (ushort*)destination, blocks); break;
            case TensorType.Q4_0: Q4_0.Quantize(source, destination, blocks); break;
            case TensorType.Q4_1: Q4_1.Quantize(source, destination, blocks); break;
            case TensorType.Q5_0: Q5_0.Quantize(source, destination, blocks); break;
            case TensorType.Q5_1: Q5_1.Quantize(source, destination, blocks); break;
            case TensorType.Q8_0: Q8_0.Quantize(source, destination, blocks); break;
            case TensorType.Q2_K: Q2_K.Quantize(source, destination, blocks); break;
            case TensorType.Q3_K: Q3_K.Quantize(source, destination, blocks); break;
            case TensorType.Q4_K: Q4_K.Quantize(source, destination, blocks); break;
            case TensorType.Q5_K: Q5_K.Quantize(source, destination, blocks); break;
            case TensorType.Q6_K: Q6_K.Quantize(source, destination, blocks); break;
            default: throw Unknown(type);
        }
    }

    private static ArgumentOutOfRangeException Unknown(TensorType type) =>
        new(nameof(type), type, "Nothing is written as this tensor type.");

    /// <summary>The index of the first infinity or NaN, or -1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long FirstNonFinite(float* elements, long count)
    {
        const int Infinity = 0x7F800000;
        long i = 0;
        Vector256<int> magnitude = Vector256.Create(int.MaxValue), largest = Vector256.Create(Infinity - 1);
        for (; i <= count - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            if (Vector256.GreaterThanAny(Vector256.Load((int*)elements + i) & magnitude, largest))
                break;
        }

        for (; i < count; i++)
        {
            if (!float.IsFinite(elements[i]))
                return i;
        }

        return -1;
    }
}
