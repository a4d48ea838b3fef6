using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using CsCheck;

namespace Llamalith.Tests.Readers;

/// <summary>One way to damage a file. Positions are fractions, so that a mutation fits a file of any length.</summary>
internal sealed record Mutation(Mutation.Kind Way, double At, double From, ulong Value, int Length)
{
    internal enum Kind
    {
        FlipBit,
        SetByte,
        Overwrite32,
        Overwrite64,
        Add64,
        Truncate,
        Insert,
        Delete,
        Copy,
        Token,
    }

    /// <summary>Numbers at which careless arithmetic breaks.</summary>
    public static readonly ulong[] Extremes =
    [
        0, 1, 2, 3, 7, 8, 31, 32, 33, 127, 255, 256, 4095, 65535, 65536, 1 << 20, int.MaxValue - 1, int.MaxValue, 1ul << 31, uint.MaxValue,
        1ul << 32,
        1ul << 40, (1ul << 61) - 1, 1ul << 61, 1ul << 62, long.MaxValue - 31, long.MaxValue, 1ul << 63, ulong.MaxValue - 31,
        ulong.MaxValue - 1, ulong.MaxValue,
    ];

    /// <summary>Pieces of text at which careless parsers of JSON break.</summary>
    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "{", "}", "[", "]", ",", ":", "\"", "\\", "null", "true", "-1", "0", "1e99", "1.5", "9223372036854775807",
            "18446744073709551616",
            "\"\\ud800\"", "\"\\u0000\"", "\"F64\"", "\"BF16\"", "[[[[[[[[", "\"shape\":", "\"a\":{},", "//", " ", "\n",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
        [0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0],
    ];

    /// <summary>Most files are damaged in one or two places: with more, the first check would hide all later ones.</summary>
    public static Gen<Mutation[]> Several { get; } = Gen.Select(
        Gen.Int[0, Enum.GetValues<Kind>().Length - 1], Gen.Double.Unit, Gen.Double.Unit,
        Gen.OneOf(Gen.Int[0, Extremes.Length - 1].Select(i => Extremes[i]), Gen.ULong), Gen.Int[1, 64],
        (way, at, from, value, length) => new Mutation((Kind)way, at, from, value, length)).Array[1, 4];

    /// <summary>Applies mutations one after the other; only the first <paramref name="focus"/> bytes are damaged in place.</summary>
    public static byte[] Apply(byte[] original, IEnumerable<Mutation> mutations, int focus)
    {
        List<byte> bytes = [.. original];
        foreach (Mutation mutation in mutations)
            mutation.ApplyTo(bytes, Math.Min(focus, bytes.Count));
        return [.. bytes];
    }

    private void ApplyTo(List<byte> bytes, int focus)
    {
        if (focus == 0)
            return;
        int at = (int)(At * focus);
        int length = Math.Min(Length, focus - at);
        switch (Way)
        {
            case Kind.FlipBit:
                bytes[at] ^= (byte)(1 << (int)(Value % 8));
                break;
            case Kind.SetByte:
                bytes[at] = (byte)Value;
                break;
            case Kind.Overwrite32:
                Overwrite(bytes, at, 4, Value);
                break;
            case Kind.Overwrite64:
                Overwrite(bytes, at, 8, Value);
                break;
            case Kind.Add64 when at + 8 <= bytes.Count:
                ulong old = BinaryPrimitives.ReadUInt64LittleEndian(bytes.GetRange(at, 8).ToArray());
                Overwrite(bytes, at, 8, unchecked(old + (Value % 3) - 1));
                break;
            case Kind.Truncate:
                bytes.RemoveRange((int)(At * bytes.Count), bytes.Count - (int)(At * bytes.Count));
                break;
            case Kind.Insert:
                bytes.InsertRange(at, Enumerable.Repeat((byte)Value, length));
                break;
            case Kind.Delete:
                bytes.RemoveRange(at, length);
                break;
            case Kind.Copy:
                int from = Math.Min((int)(From * focus), focus - length);
                bytes.InsertRange(at, bytes.GetRange(from, length));
                break;
            case Kind.Token:
                bytes.RemoveRange(at, Math.Min(length, (int)(From * 8)));
                bytes.InsertRange(at, Tokens[(int)(Value % (ulong)Tokens.Length)]);
                break;
            default:
                break;
        }
    }

    private static void Overwrite(List<byte> bytes, int at, int width, ulong value)
    {
        for (int i = 0; i < width && at + i < bytes.Count; i++)
            bytes[at + i] = (byte)(value >> (8 * i));
    }
}
