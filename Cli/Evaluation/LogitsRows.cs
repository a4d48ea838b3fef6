using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Threading;
using Llamalith.Contracts;

namespace Llamalith.Cli.Evaluation;

/// <summary>
/// Rows of logits in the order of their tokens, as 32-bit floats with the least byte first: their checksum, the last of them, and where
/// wanted a stream of all. A batch may show them out of order; no more are kept than it is ahead.
/// </summary>
/// <param name="vocabSize">Logits in a row.</param>
internal sealed class LogitsRows(int vocabSize) : ILogitsReader, IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Dictionary<int, float[]> _early = [];
    private readonly float[] _last = new float[vocabSize];
    private readonly Lock _gate = new();
    private Stream? _copy;

    /// <summary>Rows so far.</summary>
    public int Count { get; private set; }

    /// <summary>Logits that are no finite numbers.</summary>
    public long NonFinite { get; private set; }

    /// <summary>The row of the last token.</summary>
    public ReadOnlySpan<float> Last => _last;

    /// <summary>SHA-256 of all rows, in hexadecimal digits.</summary>
    public string Checksum => Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Has all rows to come written to a stream, too.</summary>
    public LogitsRows CopiedTo(Stream stream)
    {
        _copy = stream;
        return this;
    }

    /// <inheritdoc/>
    public void Read(int token, ReadOnlySpan<float> logits)
    {
        lock (_gate)
        {
            if (token != Count)
            {
                _early.Add(token, logits.ToArray());
                return;
            }

            Append(logits);
            while (_early.Remove(Count, out float[]? next))
                Append(next);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _hash.Dispose();

    private void Append(ReadOnlySpan<float> logits)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(logits.Length, vocabSize, nameof(logits));
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(logits);
        if (!BitConverter.IsLittleEndian)
        {
            byte[] turned = bytes.ToArray();
            for (int i = 0; i < turned.Length; i += sizeof(float))
                turned.AsSpan(i, sizeof(float)).Reverse();
            bytes = turned;
        }

        _hash.AppendData(bytes);
        _copy?.Write(bytes);
        foreach (float logit in logits)
            NonFinite += float.IsFinite(logit) ? 0 : 1;
        logits.CopyTo(_last);
        Count++;
    }
}
