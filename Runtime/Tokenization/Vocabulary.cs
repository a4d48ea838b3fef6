using System;
using System.Collections.Generic;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>The tokens of a vocabulary, arranged for looking up: by name for encoding, by id for decoding.</summary>
internal sealed class Vocabulary
{
    // llama2.c starts its search for the best pair from here.
    private const float Llama2cLowestScore = -1e10f;

    private readonly PiecePool _names;
    private readonly PiecePool _texts;
    private readonly TokenKind[] _kinds;
    private readonly uint[] _ranks;
    private readonly uint _lowestRank;
    private readonly PieceTable _pieces;
    private readonly PieceTable _reserved;
    private readonly int[] _byteIds = new int[256];
    private readonly int[] _asciiIds = new int[128];

    /// <summary>Arranges the tokens of a file.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="unknownText">What the unknown token decodes to.</param>
    /// <param name="rules">Whose rules of encoding are followed.</param>
    /// <exception cref="ModelFormatException">They cannot encode every text.</exception>
    public Vocabulary(VocabularyBuilder tokens, string unknownText, MergeRules rules)
    {
        Rules = rules;
        Count = tokens.Count;
        _names = tokens.Names;
        _texts = new PiecePool(Count);
        _kinds = new TokenKind[Count];
        _ranks = new uint[Count];
        _lowestRank = rules == MergeRules.Llama2c ? RankOf(Llama2cLowestScore) : uint.MaxValue;
        _pieces = new PieceTable(_names, Count);
        _reserved = new PieceTable(_names, CountReserved(tokens.Kinds));
        UnknownId = -1;
        _byteIds.AsSpan().Fill(-1);
        if (Count == 0)
            throw new ModelFormatException($"{tokens.Source}: the vocabulary has no tokens.");

        byte[] unknown = Encoding.UTF8.GetBytes(unknownText);
        for (int id = 0; id < Count; id++)
        {
            TokenKind kind = tokens.Kinds[id];
            _kinds[id] = kind;
            _ranks[id] = RankOf(tokens.Scores[id]);
            if (IsReserved(kind))
                _reserved.TryAdd(id);
            if (!IsReserved(kind) || rules == MergeRules.Llama2c)
                _pieces.TryAdd(id);
            switch (kind)
            {
                case TokenKind.Normal or TokenKind.UserDefined or TokenKind.Unused:
                    _texts.Add(_names[id]);
                    break;
                case TokenKind.Byte:
                    byte value = ParseByte(tokens, id);
                    _texts.Add([value]);
                    if (_byteIds[value] < 0)
                        _byteIds[value] = id;
                    break;
                case TokenKind.Unknown:
                    _texts.Add(unknown);
                    if (UnknownId < 0)
                        UnknownId = id;
                    break;
                case TokenKind.Control:
                    _texts.Add([]);
                    break;
                default:
                    throw new ModelFormatException($"{tokens.Source}: token {id} is of kind {(int)kind}; kinds are 1 to 6.");
            }
        }

        HasBytes = _byteIds.AsSpan().IndexOf(-1) < 0;
        if (!HasBytes && UnknownId < 0 && rules != MergeRules.Merges)
            throw new ModelFormatException($"{tokens.Source}: the vocabulary has neither an unknown token nor all 256 byte tokens.");
        for (int c = 0; c < _asciiIds.Length; c++)
            _asciiIds[c] = _pieces.Find([(byte)c]);
        for (int id = 0; id < Count && !HasUnused; id++)
            HasUnused = _kinds[id] == TokenKind.Unused && CanBeMerged(_names[id]);
    }

    /// <summary>Whose encoder is followed.</summary>
    public MergeRules Rules { get; }

    /// <summary>Number of tokens.</summary>
    public int Count { get; }

    /// <summary>The token for text without any other, or -1.</summary>
    public int UnknownId { get; }

    /// <summary>Whether all 256 byte tokens are there.</summary>
    public bool HasBytes { get; }

    /// <summary>Whether any piece that text is merged into is to be split again afterwards.</summary>
    public bool HasUnused { get; }

    /// <summary>What a token is.</summary>
    public TokenKind Kind(int id) => _kinds[id];

    /// <summary>What a token is called: spaces as spaces, bytes as in &lt;0x0A&gt;.</summary>
    public ReadOnlySpan<byte> Name(int id) => _names[id];

    /// <summary>What a token adds to a text.</summary>
    public ReadOnlySpan<byte> Text(int id) => _texts[id];

    /// <summary>The merge score that the file gave a token: the highest is merged first.</summary>
    public float Score(int id) => ScoreOf(_ranks[id]);

    /// <summary>The token of a byte, or -1.</summary>
    public int ByteId(byte value) => _byteIds[value];

    /// <summary>Whether all bytes of a text have byte tokens.</summary>
    public bool HasBytesOf(ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            if (_byteIds[value] < 0)
                return false;
        }
        return true;
    }

    /// <summary>The piece that is exactly this text, or -1.</summary>
    public int FindPiece(ReadOnlySpan<byte> text) =>
        text.Length == 1 && text[0] < _asciiIds.Length ? _asciiIds[text[0]] : _pieces.Find(text);

    /// <summary>The token of any kind that has this name, or -1.</summary>
    public int FindByName(ReadOnlySpan<byte> name)
    {
        int id = _reserved.Find(name);
        return id >= 0 ? id : _pieces.Find(name);
    }

    /// <summary>Where a piece stands in the order of merging: the lowest rank, that is the highest score, is merged first.</summary>
    public uint Rank(int id) => _ranks[id];

    /// <summary>Whether pairs are merged into this piece at all.</summary>
    public bool CanMergeInto(int id) => _ranks[id] < _lowestRank;

    /// <summary>
    /// Whether some two pieces together are this text, or it is a character: names that only fill a vocabulary up are neither.
    /// </summary>
    private bool CanBeMerged(ReadOnlySpan<byte> text)
    {
        if (text.Length <= 4)
            return true;
        for (int border = 1; border < text.Length; border++)
        {
            if (_pieces.Find(text[..border]) >= 0 && _pieces.Find(text[border..]) >= 0)
                return true;
        }
        return false;
    }

    /// <summary>Kinds whose names are kept apart from the pieces, so that text cannot become them.</summary>
    private static bool IsReserved(TokenKind kind) => kind is TokenKind.Byte or TokenKind.Unknown or TokenKind.Control;

    private static int CountReserved(IReadOnlyList<TokenKind> kinds)
    {
        int count = 0;
        foreach (TokenKind kind in kinds)
            count += IsReserved(kind) ? 1 : 0;
        return count;
    }

    /// <summary>Maps the finite floats onto integers in falling order.</summary>
    private static uint RankOf(float score)
    {
        // Adding zero makes -0 equal to 0.
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        uint rising = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return ~rising;
    }

    private static float ScoreOf(uint rank)
    {
        uint rising = ~rank;
        return BitConverter.UInt32BitsToSingle((rising & 0x8000_0000) != 0 ? rising & 0x7FFF_FFFF : ~rising);
    }

    private static byte ParseByte(VocabularyBuilder tokens, int id)
    {
        ReadOnlySpan<byte> name = tokens.Names[id];
        return TryParseByte(name, out byte value)
            ? value
            : throw new ModelFormatException(
                $"{tokens.Source}: token {id} is a byte, but its name is '{Shown.Text(Encoding.UTF8.GetString(name))}', not of the form "
                    + "<0x0A>.");
    }

    /// <summary>Reads the name of a byte token, as in &lt;0x0A&gt;.</summary>
    public static bool TryParseByte(ReadOnlySpan<byte> name, out byte value)
    {
        value = 0;
        if (name.Length != 6 || !name.StartsWith("<0x"u8) || name[5] != (byte)'>')
            return false;
        int high = Digit(name[3]);
        int low = Digit(name[4]);
        value = (byte)(high << 4 | low);
        return high >= 0 && low >= 0;

        static int Digit(byte c) => c switch
        {
            >= (byte)'0' and <= (byte)'9' => c - '0',
            >= (byte)'A' and <= (byte)'F' => c - 'A' + 10,
            >= (byte)'a' and <= (byte)'f' => c - 'a' + 10,
            _ => -1,
        };
    }
}
