using System;
using System.IO;

namespace Llamalith.Checkpoints;

/// <summary>
/// What stands among an assembly's resources for weights that are too large to be one: the digest of the packed file that lies at the end of the
/// executable or beside it, so that no other is taken for it.
/// </summary>
/// <param name="Digest">The packed file's own, in hexadecimal digits.</param>
internal readonly record struct WeightsReference(string Digest)
{
    private static ReadOnlySpan<byte> Magic => "LLITHREF"u8;

    /// <summary>What the resource holds.</summary>
    public byte[] ToBytes() => [.. Magic, .. Convert.FromHexString(Digest)];

    /// <summary>Reads one; null where the bytes are something else, such as the weights themselves. The stream is left where it was.</summary>
    public static WeightsReference? Read(Stream stream)
    {
        long start = stream.Position;
        Span<byte> bytes = stackalloc byte[Magic.Length + PackedDigest.Length + 1];
        int read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        stream.Position = start;
        return read == bytes.Length - 1 && bytes.StartsWith(Magic) ? new WeightsReference(Convert.ToHexStringLower(bytes[Magic.Length..read])) : null;
    }
}
