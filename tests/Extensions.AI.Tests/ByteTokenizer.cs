using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Llamalith.Tokenization;

namespace Llamalith.Tests;

/// <summary>A vocabulary of all bytes, and of marks behind them: no mark of a text is one token unless it is among these.</summary>
internal sealed class ByteTokenizer(params string[] marks) : Tokenizer
{
    private static readonly byte[] s_bytes = [.. Enumerable.Range(0, 256).Select(static b => (byte)b)];

    public override int VocabSize => 256 + marks.Length;

    public override int BosId => -1;

    /// <summary>The first mark.</summary>
    public override int EosId => 256;

    public override int EotId => 256;

    public override TextEnds Ends => new([256]);

    public override int UnknownId => -1;

    public override bool AddBos => false;

    public override bool AddEos => false;

    public override bool AddsLeadingSpace => false;

    public override bool DropsLeadingSpaces => false;

    public override TokenKind GetKind(int token) => token < 256 ? TokenKind.Byte : TokenKind.Control;

    public override ReadOnlySpan<byte> GetPiece(int token) => token < 256 ? s_bytes.AsSpan(token, 1) : [];

    public override bool TryGetId(ReadOnlySpan<char> name, out int token)
    {
        token = 256 + Array.IndexOf(marks, name.ToString());
        return token >= 256;
    }

    public override string GetName(int token) => token < 256 ? $"<0x{token:X2}>" : marks[token - 256];

    /// <summary>Tokens as text, marks by their names.</summary>
    public string Show(IEnumerable<int> tokens)
    {
        List<byte> bytes = [];
        foreach (int token in tokens)
            bytes.AddRange(token < 256 ? [(byte)token] : Encoding.UTF8.GetBytes(marks[token - 256]));
        return Encoding.UTF8.GetString([.. bytes]);
    }

    protected override int EncodeText(ReadOnlySpan<char> text, bool parseSpecial, Span<int> tokens)
    {
        int count = 0;
        while (!text.IsEmpty)
        {
            int mark = parseSpecial ? MarkAt(text) : -1;
            if (mark >= 0)
            {
                tokens[count++] = 256 + mark;
                text = text[marks[mark].Length..];
                continue;
            }
            int length = char.IsHighSurrogate(text[0]) && text.Length > 1 ? 2 : 1;
            foreach (byte b in Encoding.UTF8.GetBytes(text[..length].ToString()))
                tokens[count++] = b;
            text = text[length..];
        }
        return count;
    }

    private int MarkAt(ReadOnlySpan<char> text)
    {
        int mark = marks.Length - 1;
        while (mark >= 0 && !text.StartsWith(marks[mark], StringComparison.Ordinal))
            mark--;
        return mark;
    }
}
