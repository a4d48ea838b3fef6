using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using System.Text;
using Llamalith.Tools;

namespace Llamalith.Cli.Evaluation;

/// <summary>A safetensors file of one tensor, `logits` [tokens, vocabulary] in F32.</summary>
internal static class LogitsFile
{
    private const int Alignment = 8;

    /// <summary>Writes one, which appears when it is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tokens">Number of rows.</param>
    /// <param name="vocabSize">Logits in a row.</param>
    /// <param name="rows">Writes all rows, the least byte of each number first.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public static void Write(string path, int tokens, int vocabSize, Action<Stream> rows) => AtomicFile.Write(path, stream =>
    {
        ArgumentNullException.ThrowIfNull(rows);
        long bytes = (long)tokens * vocabSize * sizeof(float);
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"logits\":{{\"dtype\":\"F32\",\"shape\":[{tokens},{vocabSize}],\"data_offsets\":[0,{bytes}]}}}}");

        // Spaces behind the header let the numbers begin where machines like it.
        byte[] header = Encoding.UTF8.GetBytes(text.PadRight((text.Length + Alignment - 1) / Alignment * Alignment));
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        rows(stream);
    });
}
