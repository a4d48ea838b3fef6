using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using CsCheck;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

public class Utf8StreamDecoderTests
{
    // Bytes of every role in UTF-8, so that good, broken and cut characters all turn up.
    private static readonly Gen<byte> s_byte = Gen.OneOf(
        Gen.Byte, Gen.OneOf<byte>(0x41, 0x80, 0xBF, 0xC3, 0xA9, 0xE2, 0x82, 0xAC, 0xF0, 0x9F, 0x99, 0xED, 0xA0, 0xF4, 0x90, 0xC0));

    private static readonly Gen<byte[][]> s_pieces = Gen.OneOf(
        s_byte.Array[0, 5].Array[0, 12],
        Gen.Char.List[0, 20].Select(c => Encoding.UTF8.GetBytes(string.Concat(c)).Chunk(2).ToArray()));

    [Fact]
    public void Append_GivesTheSameTextHoweverTheBytesAreCut() =>
        s_pieces.Sample(pieces =>
        {
            string expected = Encoding.UTF8.GetString([.. pieces.SelectMany(p => p)]);
            Utf8StreamDecoder decoder = new();
            StringBuilder text = new();
            foreach (byte[] piece in pieces)
                text.Append(decoder.Append(piece));
            text.Append(decoder.Flush());
            Assert.Equal(expected, text.ToString());
            Assert.Equal(0, decoder.HeldBack);

            List<byte> bytes = [];
            byte[] output = new byte[Utf8StreamDecoder.MaxOutput(pieces.Select(p => p.Length).DefaultIfEmpty().Max())];
            foreach (byte[] piece in pieces)
                bytes.AddRange(output[..decoder.Append(piece, output)]);
            bytes.AddRange(output[..decoder.Flush(output)]);
            Assert.Equal(Encoding.UTF8.GetBytes(expected), bytes);
        }, iter: 20_000);

    [Fact]
    public void Append_HoldsACharacterBackUntilItIsComplete()
    {
        Utf8StreamDecoder decoder = new();
        byte[] smile = Encoding.UTF8.GetBytes("🙂");
        Assert.Equal("a", decoder.Append([(byte)'a', smile[0]]));
        Assert.Equal(1, decoder.HeldBack);
        Assert.Equal("", decoder.Append(smile.AsSpan(1, 2)));
        Assert.Equal(3, decoder.HeldBack);
        Assert.Equal("🙂", decoder.Append(smile.AsSpan(3)));
        Assert.Equal(0, decoder.HeldBack);
        Assert.Equal("", decoder.Flush());
    }

    [Fact]
    public void Flush_ReplacesACharacterThatNeverEnded()
    {
        Utf8StreamDecoder decoder = new();
        Assert.Equal("", decoder.Append([0xE2, 0x82]));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Equal("a", decoder.Append("a"u8));
    }

    [Fact]
    public void Append_RefusesAnOutputThatMayNotSuffice()
    {
        Utf8StreamDecoder decoder = new();
        Assert.Throws<ArgumentException>(() => decoder.Append([0xFF], new byte[2]));
        Assert.Equal(1, decoder.Append("a"u8, new byte[1]));
    }
}
