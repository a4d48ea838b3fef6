using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Mapping;

namespace Llamalith.Tokenization;

/// <summary>
/// SentencePiece's .model, a protobuf message: the pieces, how they were trained and how text is normalized. Models of
/// byte-pair encoding that leave the text's characters as they are, Llama's kind, are read; others are refused by name.
/// </summary>
internal static class SentencePieceModelFile
{
    private const int BytePairEncoding = 2;
    private const int MaxPieceLength = 8000;

    /// <summary>Reads a whole file.</summary>
    /// <param name="file">The .model.</param>
    /// <param name="config">What the files beside it say: which tokens were added, and what the marks are.</param>
    /// <param name="source">The file, for messages.</param>
    /// <exception cref="ModelFormatException">It is no such message, or of another kind.</exception>
    public static SentencePieceTokenizer Read(ReadOnlySpan<byte> file, HuggingFaceTokenizerConfig config, string source)
    {
        VocabularyBuilder tokens = new(source, Math.Min(file.Length / 12, 1 << 18));
        Specification spec = new();
        ProtobufReader model = new(file, source);
        while (model.NextField(out int field))
        {
            switch (field)
            {
                case 1:
                    ReadPiece(model.ReadBytes(), tokens, config.AddedTokens);
                    break;
                case 2:
                    spec.ReadTrainer(model.ReadBytes(), source);
                    break;
                case 3:
                    spec.ReadNormalizer(model.ReadBytes(), source);
                    break;
                case 5:
                    spec.ReadDenormalizer(model.ReadBytes(), source);
                    break;
                default:
                    model.Skip();
                    break;
            }
        }
        spec.Require(source);
        AddMore(tokens, config.AddedTokens);
        int bos = FindMark(tokens, config.Bos);
        int eos = FindMark(tokens, config.Eos);
        return new SentencePieceTokenizer(
            tokens,
            new SentencePieceOptions
            {
                BosId = bos >= 0 ? bos : FindControl(tokens, spec.BosPiece),
                EosId = eos >= 0 ? eos : FindControl(tokens, spec.EosPiece),
                EndIds = config.EndIdsBelow(tokens.Count),
                AddBos = config.AddBos ?? true,
                AddEos = config.AddEos ?? false,
                SpacePrefix = PrefixOf(spec.AddDummyPrefix && config.AddPrefixSpace is not false, config),
                RemoveExtraWhitespaces = spec.RemoveExtraWhitespaces,
                UnknownText = spec.UnknownText,
            },
            MergeRules.SentencePiece);
    }

    // Later versions of Hugging Face's put no space after an added token; a file that knows of that says so.
    private static SpacePrefix PrefixOf(bool prefixed, HuggingFaceTokenizerConfig config) =>
        !prefixed ? SpacePrefix.None : config.Legacy is false ? SpacePrefix.AtStart : SpacePrefix.Always;

    /// <summary>Adds the tokens after the pieces; where ids are left out, names that stand for nothing.</summary>
    private static void AddMore(VocabularyBuilder tokens, IReadOnlyDictionary<int, AddedToken> added)
    {
        int count = added.Count == 0 ? 0 : added.Keys.Max() + 1;
        while (tokens.Count < count)
        {
            if (added.TryGetValue(tokens.Count, out AddedToken token))
                tokens.Add(Spaces.FromMeta(Encoding.UTF8.GetBytes(token.Content)), 0, token.Kind, token.Content, token.Flags);
            else
                tokens.Add(
                    Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"[PAD{tokens.Count}]")), 0, TokenKind.Unused);
        }
    }

    private static int FindMark(VocabularyBuilder tokens, string? name) =>
        name is null ? -1 : tokens.Added.FirstOrDefault(token => token.Content == name, new AddedToken(-1, name, default, default)).Id;

    private static void ReadPiece(ReadOnlySpan<byte> message, VocabularyBuilder tokens, IReadOnlyDictionary<int, AddedToken> added)
    {
        ReadOnlySpan<byte> name = [];
        float score = 0;
        ulong kind = (ulong)TokenKind.Normal;
        ProtobufReader piece = new(message, tokens.Source);
        while (piece.NextField(out int field))
        {
            switch (field)
            {
                case 1:
                    name = piece.ReadBytes();
                    break;
                case 2:
                    score = piece.ReadFloat();
                    break;
                case 3:
                    kind = piece.ReadInteger();
                    break;
                default:
                    piece.Skip();
                    break;
            }
        }
        if (name.IsEmpty || name.Length >= MaxPieceLength)
        {
            throw new ModelFormatException(
                $"{tokens.Source}: piece {tokens.Count} has {name.Length} bytes; a piece has 1 to {MaxPieceLength - 1}.");
        }

        if (kind is < (ulong)TokenKind.Normal or > (ulong)TokenKind.Byte)
            throw new ModelFormatException($"{tokens.Source}: piece {tokens.Count} is of type {kind}; types are 1 to 6.");
        TokenKind own = (TokenKind)kind;
        // A piece may be made an added token, by another name even. Bytes and the unknown token stay what they are.
        if (own is not (TokenKind.Byte or TokenKind.Unknown) && added.TryGetValue(tokens.Count, out AddedToken token))
            tokens.Add(Spaces.FromMeta(Encoding.UTF8.GetBytes(token.Content)), score, token.Kind, token.Content, token.Flags);
        else
            tokens.Add(Spaces.FromMeta(name.ToArray()), score, own, flags: SentencePieceTokenizer.FlagsOf(own));
    }

    private static int FindControl(VocabularyBuilder tokens, ReadOnlySpan<byte> name)
    {
        for (int id = 0; id < tokens.Count; id++)
            if (tokens.Kinds[id] == TokenKind.Control && tokens.Names[id].SequenceEqual(name))
                return id;
        return -1;
    }

    /// <summary>What matters of the trainer's and the normalizers' specifications, with SentencePiece's defaults.</summary>
    private ref struct Specification()
    {
        private ulong _modelType = 1;
        private string _normalizer = "";
        private bool _escapesWhitespaces = true;
        private bool _whitespaceIsSuffix;
        private bool _rewritesText;

        public ReadOnlySpan<byte> BosPiece { get; private set; } = "<s>"u8;

        public ReadOnlySpan<byte> EosPiece { get; private set; } = "</s>"u8;

        public string UnknownText { get; private set; } = " \u2047 ";

        public bool AddDummyPrefix { get; private set; } = true;

        public bool RemoveExtraWhitespaces { get; private set; } = true;

        public void ReadTrainer(ReadOnlySpan<byte> message, string source)
        {
            ProtobufReader reader = new(message, source);
            while (reader.NextField(out int field))
            {
                switch (field)
                {
                    case 3:
                        _modelType = reader.ReadInteger();
                        break;
                    case 24:
                        _whitespaceIsSuffix = reader.ReadBool();
                        break;
                    case 44:
                        UnknownText = Encoding.UTF8.GetString(reader.ReadBytes());
                        break;
                    case 46:
                        BosPiece = reader.ReadBytes();
                        break;
                    case 47:
                        EosPiece = reader.ReadBytes();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }

        public void ReadNormalizer(ReadOnlySpan<byte> message, string source)
        {
            ProtobufReader reader = new(message, source);
            while (reader.NextField(out int field))
            {
                switch (field)
                {
                    case 1:
                        _normalizer = Encoding.UTF8.GetString(reader.ReadBytes());
                        break;
                    case 2:
                        _rewritesText |= !reader.ReadBytes().IsEmpty;
                        break;
                    case 3:
                        AddDummyPrefix = reader.ReadBool();
                        break;
                    case 4:
                        RemoveExtraWhitespaces = reader.ReadBool();
                        break;
                    case 5:
                        _escapesWhitespaces = reader.ReadBool();
                        break;
                    default:
                        reader.Skip();
                        break;
                }
            }
        }

        public void ReadDenormalizer(ReadOnlySpan<byte> message, string source)
        {
            ProtobufReader reader = new(message, source);
            while (reader.NextField(out int field))
            {
                if (field == 2)
                    _rewritesText |= !reader.ReadBytes().IsEmpty;
                else
                    reader.Skip();
            }
        }

        public readonly void Require(string source)
        {
            if (_modelType != BytePairEncoding)
            {
                throw new ModelFormatException(
                    $"{source}: the model's type is {_modelType}, but only byte-pair encoding ({BytePairEncoding}) is read.");
            }

            if (_rewritesText)
            {
                throw new ModelFormatException(
                    $"{source}: the normalizer '{Shown.Text(_normalizer)}' rewrites characters, but only 'identity' is read.");
            }

            if (!_escapesWhitespaces || _whitespaceIsSuffix)
            {
                throw new ModelFormatException(
                    $"{source}: spaces are kept as they are or put after words, but only U+2581 before words is read.");
            }
        }
    }
}
