using System;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Gguf;

namespace Llamalith.Tokenization;

/// <summary>
/// Opens tokenizers of any format that can be read: llama2.c's tokenizer.bin, SentencePiece's .model, Hugging Face's tokenizer.json,
/// and within a GGUF file.
/// </summary>
public static class TokenizerLoader
{
    /// <summary>Most tokens of a vocabulary, so that a wrong id costs no memory.</summary>
    internal const int MostTokens = 1 << 20;

    private const long MaxFileSize = 64L << 20;

    /// <summary>What a tokenizer's file is called, in the order in which a folder is searched.</summary>
    private static readonly string[] s_names = ["tokenizer.json", "tokenizer.model", "tokenizer.bin"];

    /// <summary>
    /// Opens a tokenizer file; its first bytes say which format it has. Of a tokenizer.json or tokenizer.model, the files of Hugging Face's
    /// beside it say which tokens were added, what the marks are and where a text ends. Of a folder, the tokenizer.json, tokenizer.model or
    /// tokenizer.bin in it is opened.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file, or a folder has none of them.</exception>
    /// <exception cref="ModelFormatException">It is corrupt, or of no format that is read.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static Tokenizer Open(string path)
    {
        path = FindFile(path);
        if (IsGguf(path))
        {
            using GgufFile gguf = GgufFile.Open(path);
            return FromGguf(gguf);
        }
        return OpenFile(path, out _);
    }

    /// <summary>
    /// Whether a path is a tokenizer by itself: a folder or a file that is none of a model's weights, as its first bytes say.
    /// </summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static bool IsTokenizer(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
            return Array.Exists(s_names, name => File.Exists(Path.Combine(path, name)));
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Span<byte> start = stackalloc byte[64];
        start = start[..file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        // A file of safetensors begins with the length of an object in JSON.
        bool isSafetensors = start.Length > sizeof(ulong) && start[sizeof(ulong)] == (byte)'{' && start[6] == 0 && start[7] == 0;
        return !isSafetensors && (IsJson(start) || start is [0x0A, _, not 0, ..]);
    }

    /// <summary>Opens a tokenizer file that must fit a model.</summary>
    /// <param name="path">The file.</param>
    /// <param name="vocabSize">The model's number of tokens.</param>
    /// <exception cref="ModelMismatchException">It has another number of tokens.</exception>
    /// <inheritdoc cref="Open(string)"/>
    public static Tokenizer Open(string path, int vocabSize)
    {
        Tokenizer tokenizer = Open(path);
        return tokenizer.VocabSize == vocabSize
            ? tokenizer
            : throw new ModelMismatchException(
                $"{path}: the tokenizer has {tokenizer.VocabSize} tokens, but the model has VocabSize = {vocabSize}.");
    }

    /// <summary>
    /// What a GGUF file would carry of a tokenizer file, padded to the number of tokens that a config.json beside it says; of a GGUF file,
    /// what it does carry, of whatever kind.
    /// </summary>
    /// <inheritdoc cref="Open(string)"/>
    public static GgufTokenizerMetadata OpenAsGguf(string path)
    {
        path = FindFile(path);
        if (IsGguf(path))
        {
            using GgufFile file = GgufFile.Open(path);
            return GgufTokenizerMetadata.Read(file) ?? throw HasNone(file);
        }
        VocabularyTokenizer tokenizer = OpenFile(path, out HuggingFaceTokenizerConfig config);
        return (tokenizer.ToGguf() with
        {
            ChatTemplate = config.ChatTemplate,
            PaddingId = config.Padding is { } name && tokenizer.TryGetId(name, out int padding) ? padding : null,
        }).PaddedTo(config.VocabSize is { } size && size <= MostTokens ? size : 0);
    }

    /// <summary>The tokenizer that a GGUF file carries.</summary>
    /// <exception cref="ModelFormatException">It carries none, or one of a kind that is not read.</exception>
    public static Tokenizer FromGguf(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        GgufTokenizerMetadata metadata = GgufTokenizerMetadata.Read(file) ?? throw HasNone(file);
        return GgufTokenizer.Create(metadata, file.Path);
    }

    /// <summary>Reads a tokenizer.bin, a .model or a tokenizer.json from its bytes.</summary>
    /// <param name="file">The whole file.</param>
    /// <param name="source">Its name, for messages.</param>
    /// <exception cref="ModelFormatException">It is corrupt, or of no format that is read.</exception>
    public static Tokenizer Read(ReadOnlySpan<byte> file, string source = "tokenizer") =>
        Read(file, source, HuggingFaceTokenizerConfig.None);

    private static VocabularyTokenizer Read(ReadOnlySpan<byte> file, string source, HuggingFaceTokenizerConfig config)
    {
        if (file.Length < sizeof(uint))
            throw new ModelFormatException($"{source}: the file has {file.Length} bytes, too few for a tokenizer.");
        // tokenizer.bin begins with a small 32-bit number. A .model begins with a message field of the piece, whose third byte
        // is another field's tag, so never zero.
        if (file[2] == 0 && file[3] == 0)
            return Llama2cTokenizerFile.Read(file, source);
        if (IsJson(file))
            return HuggingFaceTokenizerFile.Read(WithoutMark(file), config, source);
        if (file[0] == 0x0A)
            return SentencePieceModelFile.Read(file, config, source);
        throw new ModelFormatException(
            $"{source}: this is neither llama2.c's tokenizer.bin nor a SentencePiece .model nor a tokenizer.json nor a GGUF file.");
    }

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>A file without a byte-order mark.</summary>
    internal static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> file) =>
        file.StartsWith(ByteOrderMark) ? file[ByteOrderMark.Length..] : file;

    private static bool IsJson(ReadOnlySpan<byte> file) => WithoutMark(file).TrimStart(" \t\r\n"u8) is [(byte)'{', ..];

    /// <summary>A whole small file.</summary>
    /// <exception cref="ModelFormatException">It is larger than any tokenizer's.</exception>
    internal static byte[] ReadAll(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > MaxFileSize)
            throw new ModelFormatException($"{path}: the file has {file.Length} bytes, but no tokenizer has more than {MaxFileSize}.");
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static VocabularyTokenizer OpenFile(string path, out HuggingFaceTokenizerConfig config)
    {
        byte[] file = ReadAll(path);
        // A tokenizer.bin is of another world, where none of these files are.
        bool alone = !IsJson(file) && file is not [0x0A, _, not 0, ..];
        config =
            alone ? HuggingFaceTokenizerConfig.None : HuggingFaceTokenizerConfig.ReadFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return Read(file, path, config);
    }

    /// <summary>The file itself, or the one in a folder.</summary>
    private static string FindFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Directory.Exists(path))
            return path;
        foreach (string name in s_names)
        {
            string candidate = Path.Combine(path, name);
            if (File.Exists(candidate))
                return candidate;
        }
        throw new FileNotFoundException($"{path} has no {string.Join(" and no ", s_names)}.", Path.Combine(path, s_names[0]));
    }

    private static bool IsGguf(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (!file.CanSeek)
            throw new IOException($"{path}: a pipe or a device is no tokenizer file.");
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual("GGUF"u8);
    }

    private static ModelFormatException HasNone(GgufFile file) =>
        new($"{file.Path}: the file carries no tokenizer (tokenizer.ggml.model).");
}
