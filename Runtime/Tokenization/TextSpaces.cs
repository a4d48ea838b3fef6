using System;
using System.Buffers;

namespace Llamalith.Tokenization;

/// <summary>The spaces that a vocabulary wants in a text: one in front, U+2581 as a space, none doubled.</summary>
/// <param name="prefix">When a space is put in front.</param>
/// <param name="isMeta">Whether U+2581 is a space.</param>
/// <param name="removeExtra">Whether leading, trailing and doubled spaces are removed.</param>
internal sealed class TextSpaces(SpacePrefix prefix, bool isMeta, bool removeExtra)
{
    private const char Meta = '\u2581';

    /// <summary>
    /// Whether a text gets its spaces before tokens are looked for in what normalization left; else each stretch between those.
    /// </summary>
    public bool ComeFirst { get; } = prefix is not (SpacePrefix.WhenMissing or SpacePrefix.WhenMissingAtStart);

    /// <summary>Whether a space is a character of words, not white space between them.</summary>
    public bool AreText => isMeta && ComeFirst;

    /// <summary>The text with its spaces.</summary>
    /// <param name="text">A text that is not empty, or a stretch of one.</param>
    /// <param name="atStart">Whether nothing of the text came before.</param>
    /// <param name="buffer">Null, or what a call before has rented; the caller returns it.</param>
    public ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, bool atStart, scoped ref char[]? buffer)
    {
        if (removeExtra)
        {
            text = text.TrimStart(' ');
            if (text.IsEmpty)
                return text;
        }
        bool prefixed = IsPrefixed(text, atStart);
        if (!prefixed && !removeExtra && !(isMeta && text.Contains(Meta)))
            return text;
        if (buffer is null || buffer.Length <= text.Length)
        {
            if (buffer is not null)
                ArrayPool<char>.Shared.Return(buffer);
            buffer = ArrayPool<char>.Shared.Rent(text.Length + 1);
        }

        int start = 0;
        if (prefixed)
            buffer[start++] = ' ';
        text.CopyTo(buffer.AsSpan(start));
        Span<char> body = buffer.AsSpan(start, text.Length);
        if (removeExtra)
            body = Collapse(body);
        if (isMeta)
            body.Replace(Meta, ' ');
        ReadOnlySpan<char> spaced = buffer.AsSpan(0, start + body.Length);
        return removeExtra ? spaced.TrimEnd(' ') : spaced;
    }

    /// <summary>A name with spaces as they are in a text that has its own.</summary>
    public string FromMeta(string name) => isMeta ? name.Replace(Meta, ' ') : name;

    private bool IsPrefixed(ReadOnlySpan<char> text, bool atStart) => prefix switch
    {
        SpacePrefix.Always => true,
        SpacePrefix.WhenMissing => !IsSpaced(text),
        SpacePrefix.WhenMissingAtStart => atStart && !IsSpaced(text),
        SpacePrefix.AtStart => atStart,
        _ => false,
    };

    private bool IsSpaced(ReadOnlySpan<char> text) => text[0] == ' ' || (isMeta && text[0] == Meta);

    /// <summary>Leaves one space of each run of them, in place.</summary>
    private static Span<char> Collapse(Span<char> text)
    {
        int write = 0;
        bool afterSpace = false;
        foreach (char c in text)
        {
            bool space = c == ' ';
            if (!space || !afterSpace)
                text[write++] = c;
            afterSpace = space;
        }
        return text[..write];
    }
}
