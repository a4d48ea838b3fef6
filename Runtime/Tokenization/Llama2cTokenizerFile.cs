using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;
using Llamalith.Contracts;

namespace Llamalith.Tokenization;

/// <summary>
/// llama2.c's tokenizer.bin: the length of the longest name, then for each token its score (F32), the length of its name and
/// the name. The file does not say how many tokens it has: it ends after the last. Token 0 is the unknown one, 1 is BOS,
/// 2 is EOS.
/// </summary>
internal static class Llama2cTokenizerFile
{
    private const int HeaderSize = sizeof(uint);
    private const int TokenHeaderSize = sizeof(float) + sizeof(uint);
    private const int MarkCount = 3;

    /// <summary>Reads a whole file.</summary>
    /// <exception cref="ModelFormatException">It is truncated, or a length in it is absurd.</exception>
    public static SentencePieceTokenizer Read(ReadOnlySpan<byte> file, string source)
    {
        if (file.Length < HeaderSize)
            throw new ModelFormatException($"{source}: a tokenizer.bin begins with {HeaderSize} bytes, but the file has {file.Length}.");
        uint longest = BinaryPrimitives.ReadUInt32LittleEndian(file);
        VocabularyBuilder tokens = new(source, Math.Min(file.Length / 16, 1 << 16));
        for (int offset = HeaderSize; offset < file.Length;)
        {
            if (file.Length - offset < TokenHeaderSize)
                throw new ModelFormatException($"{source}: the file ends within token {tokens.Count}, at byte {file.Length}.");
            float score = BinaryPrimitives.ReadSingleLittleEndian(file[offset..]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(file[(offset + sizeof(float))..]);
            offset += TokenHeaderSize;
            if (length > longest)
            {
                throw new ModelFormatException(
                    $"{source}: the name of token {tokens.Count} has {length} bytes, but the file says that the longest has {longest}.");
            }

            if (length > (uint)(file.Length - offset))
            {
                throw new ModelFormatException(
                    $"{source}: the name of token {tokens.Count} has {length} bytes, but {file.Length - offset} are left in the file.");
            }

            ReadOnlySpan<byte> name = file.Slice(offset, (int)length);
            TokenKind kind = KindOf(tokens.Count, name);
            // llama2.c calls its marks by what it prints for them, a line of their own.
            tokens.Add(name, score, kind, kind == TokenKind.Control ? Encoding.UTF8.GetString(name.Trim((byte)'\n')) : null);
            offset += (int)length;
        }
        if (tokens.Count < MarkCount)
        {
            throw new ModelFormatException(
                $"{source}: there are {tokens.Count} tokens, but the unknown token, BOS and EOS alone are {MarkCount}.");
        }

        return new SentencePieceTokenizer(tokens, new SentencePieceOptions { UnknownText = "<unk>" }, MergeRules.Llama2c);
    }

    /// <summary>Writes a vocabulary in the same form.</summary>
    /// <exception cref="NotSupportedException">Its unknown token, BOS and EOS are not tokens 0, 1 and 2, which is all that the form can
    /// say.</exception>
    public static void Write(Stream destination, Vocabulary vocabulary, SentencePieceOptions options)
    {
        if (vocabulary.UnknownId != 0 || options.BosId != 1 || options.EosId != 2)
        {
            throw new NotSupportedException(
                "A tokenizer.bin has its unknown token, BOS and EOS at 0, 1 and 2, but this vocabulary has them at "
                    + $"{vocabulary.UnknownId}, {options.BosId} and {options.EosId}.");
        }

        int longest = 0;
        for (int id = 0; id < vocabulary.Count; id++)
            longest = Math.Max(longest, NameOf(id).Length);
        using BinaryWriter writer = new(destination, Encoding.UTF8, leaveOpen: true);
        writer.Write(longest);
        for (int id = 0; id < vocabulary.Count; id++)
        {
            ReadOnlySpan<byte> name = NameOf(id);
            writer.Write(vocabulary.Score(id));
            writer.Write(name.Length);
            writer.Write(name);
        }

        // llama2.c calls its marks by what it prints for them.
        ReadOnlySpan<byte> NameOf(int id) => id switch
        {
            1 => "\n<s>\n"u8,
            2 => "\n</s>\n"u8,
            _ => vocabulary.Name(id),
        };
    }

    private static TokenKind KindOf(int id, ReadOnlySpan<byte> name) => id switch
    {
        0 => TokenKind.Unknown,
        < MarkCount => TokenKind.Control,
        _ => Vocabulary.TryParseByte(name, out _) ? TokenKind.Byte : TokenKind.Normal,
    };
}
