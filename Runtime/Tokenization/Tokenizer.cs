using System;
using System.Buffers;
using System.Collections.Generic;
using System.Text;

namespace Llamalith.Tokenization;

/// <summary>
/// Text to token ids and back. Immutable once made, so that any number of threads can share one.
/// </summary>
public abstract class Tokenizer
{
    private TextEnds? _ends;

    /// <summary>Number of tokens; ids run from 0 to one below.</summary>
    public abstract int VocabSize { get; }

    /// <summary>The token that begins a sequence; -1 where the vocabulary has none.</summary>
    public abstract int BosId { get; }

    /// <summary>The token that ends a sequence; -1 where the vocabulary has none.</summary>
    public abstract int EosId { get; }

    /// <summary>The token that ends a turn of a conversation; -1 where the vocabulary has none.</summary>
    public abstract int EotId { get; }

    /// <summary>Where a text ends: every token at which generation stops.</summary>
    public virtual TextEnds Ends => _ends ??= new TextEnds([BosId, EosId, EotId]);

    /// <summary>The token for text that cannot be said otherwise; -1 where the vocabulary has none.</summary>
    public abstract int UnknownId { get; }

    /// <summary>Whether the model expects its prompts to begin with <see cref="BosId"/>.</summary>
    public abstract bool AddBos { get; }

    /// <summary>Whether the model expects its prompts to end with <see cref="EosId"/>.</summary>
    public abstract bool AddEos { get; }

    /// <summary>Whether encoding puts a space before the text, which decoding then takes away again.</summary>
    public abstract bool AddsLeadingSpace { get; }

    /// <summary>Whether decoding drops all leading spaces, not just the one that encoding had added.</summary>
    public abstract bool DropsLeadingSpaces { get; }

    /// <summary>What a token is.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public abstract TokenKind GetKind(int token);

    /// <summary>
    /// The bytes that a token adds to a text; none for control tokens. They need not be whole characters:
    /// see <see cref="Utf8StreamDecoder"/>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public abstract ReadOnlySpan<byte> GetPiece(int token);

    /// <summary>Looks a token up by its name in the vocabulary, as in "&lt;/s&gt;", "▁the" or "&lt;0x0A&gt;".</summary>
    public abstract bool TryGetId(ReadOnlySpan<char> name, out int token);

    /// <summary>What a token is called in the vocabulary, as in "&lt;/s&gt;", "▁the" or "&lt;0x0A&gt;".</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such token.</exception>
    public abstract string GetName(int token);

    /// <summary>Encodes a text into a span that is known to have room for <see cref="MaxTokens"/> of it, less BOS and EOS.</summary>
    /// <param name="text">The text.</param>
    /// <param name="parseSpecial">Whether the names of control tokens in it become these tokens.</param>
    /// <param name="tokens">Where the tokens go.</param>
    /// <returns>Number of tokens written.</returns>
    protected abstract int EncodeText(ReadOnlySpan<char> text, bool parseSpecial, Span<int> tokens);

    /// <summary>The most tokens that a text of so many UTF-16 units can become, BOS and EOS included.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The text is longer than can be encoded at once, about 350 million units.</exception>
    public static int MaxTokens(int textLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(textLength);
        // A UTF-16 unit is three bytes of UTF-8 at most, but six where normalization makes two or three characters of it, and each byte may
        // become a token; with the leading space, BOS and EOS.
        ArgumentOutOfRangeException.ThrowIfGreaterThan(textLength, (Array.MaxLength - 3) / 6);
        return 6 * textLength + 3;
    }

    /// <summary>Encodes a text.</summary>
    /// <param name="text">Any UTF-16; a surrogate without its other half counts as U+FFFD.</param>
    /// <param name="addBos">Whether to begin with <see cref="BosId"/>.</param>
    /// <param name="addEos">Whether to end with <see cref="EosId"/>.</param>
    /// <param name="parseSpecial">
    /// Whether the names of control tokens in the text, as in "&lt;|eot_id|&gt;", become these tokens; default: they are text like
    /// any other. Leave it off for text that others wrote. A text that names BOS at its beginning gets no second one.
    /// </param>
    /// <exception cref="InvalidOperationException">BOS or EOS is asked for, but the vocabulary has none.</exception>
    public int[] Encode(ReadOnlySpan<char> text, bool addBos = false, bool addEos = false, bool parseSpecial = false)
    {
        int[] buffer = ArrayPool<int>.Shared.Rent(MaxTokens(text.Length));
        try
        {
            return buffer.AsSpan(0, EncodeWithMarks(text, buffer, addBos, addEos, parseSpecial)).ToArray();
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }

    /// <summary>Encodes a text onto the end of a list.</summary>
    /// <inheritdoc cref="Encode(ReadOnlySpan{char}, bool, bool, bool)"/>
    public void Encode(
        ReadOnlySpan<char> text, ICollection<int> tokens, bool addBos = false, bool addEos = false, bool parseSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        int[] buffer = ArrayPool<int>.Shared.Rent(MaxTokens(text.Length));
        try
        {
            foreach (int token in buffer.AsSpan(0, EncodeWithMarks(text, buffer, addBos, addEos, parseSpecial)))
                tokens.Add(token);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }

    /// <summary>Encodes a text into a span; false, and nothing written, where it has too little room.</summary>
    /// <inheritdoc cref="Encode(ReadOnlySpan{char}, bool, bool, bool)"/>
    public bool TryEncode(
        ReadOnlySpan<char> text, Span<int> tokens, out int count, bool addBos = false, bool addEos = false, bool parseSpecial = false)
    {
        int[] buffer = ArrayPool<int>.Shared.Rent(MaxTokens(text.Length));
        try
        {
            count = EncodeWithMarks(text, buffer, addBos, addEos, parseSpecial);
            if (buffer.AsSpan(0, count).TryCopyTo(tokens))
                return true;
            count = 0;
            return false;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }

    /// <summary>
    /// The text of a sequence of tokens. Bytes that are no UTF-8 become U+FFFD. A leading space that encoding had added is
    /// dropped at the beginning.
    /// </summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="showSpecial">Whether control tokens, and an unknown token that stands for nothing, show as their names; default: they
    /// have no text.</param>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> tokens, bool showSpecial = false)
    {
        ArrayBufferWriter<byte> bytes = new(Math.Max(16, 4 * tokens.Length));
        TokenDecoder decoder = new(this, atStart: true, showSpecial);
        foreach (int token in tokens)
            bytes.Write(decoder.Next(token));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>
    /// Encodes a text in which the names of control tokens are these tokens, but for some stretches that others wrote. What is not such a
    /// token is encoded as one text from token to token, whoever wrote which part of it.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="literal">Starts and ends of those stretches, in order.</param>
    /// <param name="tokens">Gets the tokens.</param>
    internal void EncodeMarked(ReadOnlySpan<char> text, ReadOnlySpan<int> literal, ICollection<int> tokens)
    {
        int[] buffer = ArrayPool<int>.Shared.Rent(MaxTokens(text.Length));
        try
        {
            foreach (int token in buffer.AsSpan(0, EncodeText(text, literal, buffer)))
                tokens.Add(token);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(buffer);
        }
    }

    /// <summary>The same, into a span.</summary>
    private protected virtual int EncodeText(ReadOnlySpan<char> text, ReadOnlySpan<int> literal, Span<int> tokens)
    {
        // A tokenizer of someone else's takes stretch by stretch.
        int count = 0, next = 0;
        for (int i = 0; i <= literal.Length; i += 2)
        {
            int start = i < literal.Length ? literal[i] : text.Length, end = i < literal.Length ? literal[i + 1] : start;
            if (next < start)
                count += EncodeText(text[next..start], parseSpecial: true, tokens[count..]);
            if (start < end)
                count += EncodeText(text[start..end], parseSpecial: false, tokens[count..]);
            next = end;
        }
        return count;
    }

    private int EncodeWithMarks(ReadOnlySpan<char> text, Span<int> tokens, bool addBos, bool addEos, bool parseSpecial)
    {
        int count = 0;
        if (addBos)
            tokens[count++] = BosId >= 0 ? BosId : throw new InvalidOperationException("The vocabulary has no BOS token to begin with.");
        if (addEos && EosId < 0)
            throw new InvalidOperationException("The vocabulary has no EOS token to end with.");
        int written = EncodeText(text, parseSpecial, tokens[count..]);
        if (addBos && parseSpecial && written > 0 && tokens[count] == BosId)
        {
            // The text begins with BOS by its name.
            tokens[(count + 1)..(count + written)].CopyTo(tokens[count..]);
            written--;
        }
        count += written;
        if (addEos)
            tokens[count++] = EosId;
        return count;
    }
}
