using System;
using System.Collections.Generic;
using System.IO;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Checkpoints;

/// <summary>
/// The checksum of a packed file: SHA-256 over the SHA-256 of each piece of 4 MiB, so that it can be made while the file is written and
/// verified by all processors at once.
/// </summary>
internal static unsafe class PackedDigest
{
    /// <summary>Bytes of a digest.</summary>
    public const int Length = SHA256.HashSizeInBytes;

    private const int PieceBytes = 4 << 20;

    /// <summary>The digest of bytes in memory.</summary>
    public static byte[] Of(byte* data, long length, int threads, CancellationToken cancellation)
    {
        int pieces = checked((int)((length + PieceBytes - 1) / PieceBytes));
        byte[] digests = new byte[pieces * Length];
        ParallelOptions options = new() { MaxDegreeOfParallelism = threads, CancellationToken = cancellation };
        Parallel.For(0, pieces, options, piece =>
        {
            long start = (long)piece * PieceBytes;
            SHA256.HashData(
                new ReadOnlySpan<byte>(data + start, (int)Math.Min(PieceBytes, length - start)), digests.AsSpan(piece * Length, Length));
        });
        return SHA256.HashData(digests);
    }

    /// <summary>
    /// Passes everything on and takes the digest on the way. What is passed on are whole pieces, so that a system that keeps files in pages
    /// as large as the writes that filled them has this one in huge pages; the last piece goes with <see cref="Flush"/>.
    /// </summary>
    public sealed class Writer(Stream inner) : Stream
    {
        private readonly List<byte> _digests = [];
        private readonly byte[] _piece = new byte[PieceBytes];
        private int _filled;
        private int _passed;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        /// <summary>The digest of everything written so far.</summary>
        public byte[] Digest()
        {
            byte[] digests = _filled == 0 ? [.. _digests] : [.. _digests, .. SHA256.HashData(_piece.AsSpan(0, _filled))];
            return SHA256.HashData(digests);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                int take = Math.Min(buffer.Length, PieceBytes - _filled);
                buffer[..take].CopyTo(_piece.AsSpan(_filled));
                buffer = buffer[take..];
                _filled += take;
                if (_filled == PieceBytes)
                {
                    PassOn();
                    _digests.AddRange(SHA256.HashData(_piece));
                    _filled = _passed = 0;
                }
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Flush()
        {
            PassOn();
            inner.Flush();
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private void PassOn()
        {
            inner.Write(_piece.AsSpan(_passed, _filled - _passed));
            _passed = _filled;
        }
    }
}
