using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

/// <summary>One token of a vocabulary made for a test. A space is written as a space.</summary>
internal sealed record TestToken(string Name, float Score = 0, TokenKind Kind = TokenKind.Normal);

/// <summary>A vocabulary made for a test, and the files that would hold it.</summary>
internal sealed record TestVocabulary(IReadOnlyList<TestToken> Tokens)
{
    /// <summary>The unknown token, BOS, EOS, all bytes if wanted, and then pieces with falling scores.</summary>
    public static TestVocabulary Of(bool bytes, params IEnumerable<string> pieces) =>
        With(bytes, pieces.Select((piece, i) => new TestToken(piece, -i)));

    public static TestVocabulary With(bool bytes, params IEnumerable<TestToken> pieces) => new(
    [
        new("<unk>", 0, TokenKind.Unknown),
        new("<s>", 0, TokenKind.Control),
        new("</s>", 0, TokenKind.Control),
        .. Enumerable.Range(0, bytes ? 256 : 0).Select(b => new TestToken($"<0x{b:X2}>", 0, TokenKind.Byte)),
        .. pieces,
    ]);

    public int Id(string name) => Tokens.Select(t => t.Name).ToList().IndexOf(name);

    public int[] Ids(params IEnumerable<string> names) => [.. names.Select(Id)];

    public SentencePieceTokenizer FromPieces(SentencePieceOptions? options = null) => SentencePieceTokenizer.FromPieces(
        [.. Tokens.Select(t => t.Name.Replace(' ', '\u2581'))], [.. Tokens.Select(t => t.Score)], [.. Tokens.Select(t => t.Kind)], options,
        "test");

    public Tokenizer FromTokenizerBin() => TokenizerLoader.Read(ToTokenizerBin(), "test.bin");

    public Tokenizer FromModel(params IEnumerable<(int Field, object Value)> normalizer) =>
        TokenizerLoader.Read(ToModel(normalizer), "test.model");

    public byte[] ToTokenizerBin()
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        writer.Write(Tokens.Max(t => Encoding.UTF8.GetByteCount(LlamaName(t))));
        foreach (TestToken token in Tokens)
        {
            byte[] name = Encoding.UTF8.GetBytes(LlamaName(token));
            writer.Write(token.Score);
            writer.Write(name.Length);
            writer.Write(name);
        }
        return stream.ToArray();

        static string LlamaName(TestToken token) => token.Kind == TokenKind.Control ? $"\n{token.Name}\n" : token.Name;
    }

    public byte[] ToModel(params IEnumerable<(int Field, object Value)> normalizer) => Protobuf.Message(
    [
        .. Tokens.Select(
            t => (1, (object)Protobuf.Message((1, Encoding.UTF8.GetBytes(t.Name.Replace(' ', '\u2581'))), (2, t.Score), (3, (int)t.Kind)))),
        (2, Protobuf.Message((3, 2), (35, Tokens.Any(t => t.Kind == TokenKind.Byte) ? 1 : 0))),
        (3, Protobuf.Message([(1, "identity"u8.ToArray()), (4, 0), .. normalizer])),
    ]);
}

/// <summary>Writes protobuf messages.</summary>
internal static class Protobuf
{
    public static byte[] Message(params IEnumerable<(int Field, object Value)> fields)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream);
        foreach ((int field, object value) in fields)
        {
            switch (value)
            {
                case int integer:
                    writer.Write7BitEncodedInt(field << 3);
                    writer.Write7BitEncodedInt(integer);
                    break;
                case byte[] bytes:
                    writer.Write7BitEncodedInt(field << 3 | 2);
                    writer.Write7BitEncodedInt(bytes.Length);
                    writer.Write(bytes);
                    break;
                case float real:
                    writer.Write7BitEncodedInt(field << 3 | 5);
                    writer.Write(real);
                    break;
                default:
                    throw new ArgumentException($"{value} is of no wire type.");
            }
        }
        return stream.ToArray();
    }
}
