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
    private const long MaxFileSize = 64L << 20;
    private const string ConfigName = "tokenizer_config.json";

    /// <summary>
    /// Opens a tokenizer file; its first bytes say which format it has. Of a tokenizer.json, the tokenizer_config.json beside it says
    /// what the marks are.
    /// </summary>
    /// <exception cref="ModelFormatException">It is corrupt, or of no format that is read.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public static Tokenizer Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (IsGguf(path))
        {
            using GgufFile gguf = GgufFile.Open(path);
            return FromGguf(gguf);
        }
        return Read(ReadAll(path), path, ReadConfig(path));
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
            : throw new ModelMismatchException($"{path}: the tokenizer has {tokenizer.VocabSize} tokens, but the model has VocabSize = {vocabSize}.");
    }

    /// <summary>What a GGUF file would carry of a tokenizer file; of a GGUF file, what it does carry, of whatever kind.</summary>
    /// <inheritdoc cref="Open(string)"/>
    public static GgufTokenizerMetadata OpenAsGguf(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (IsGguf(path))
        {
            using GgufFile file = GgufFile.Open(path);
            return GgufTokenizerMetadata.Read(file) ?? throw HasNone(file);
        }
        HuggingFaceTokenizerConfig? config = ReadConfig(path);
        GgufTokenizerMetadata metadata = Read(ReadAll(path), path, config).ToGguf();
        return config?.ChatTemplate is { } template ? metadata with { ChatTemplate = template } : metadata;
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
    public static Tokenizer Read(ReadOnlySpan<byte> file, string source = "tokenizer") => Read(file, source, config: null);

    private static VocabularyTokenizer Read(ReadOnlySpan<byte> file, string source, HuggingFaceTokenizerConfig? config)
    {
        if (file.Length < sizeof(uint))
            throw new ModelFormatException($"{source}: the file has {file.Length} bytes, too few for a tokenizer.");
        // tokenizer.bin begins with a small 32-bit number. A .model begins with a message field of the piece, whose third byte
        // is another field's tag, so never zero.
        if (file[2] == 0 && file[3] == 0)
            return Llama2cTokenizerFile.Read(file, source);
        if (IsJson(file))
            return HuggingFaceTokenizerFile.Read(file[(file.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0)..], config, source);
        if (file[0] == 0x0A)
            return SentencePieceModelFile.Read(file, source);
        throw new ModelFormatException($"{source}: this is neither llama2.c's tokenizer.bin nor a SentencePiece .model nor a tokenizer.json nor a GGUF file.");
    }

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    private static bool IsJson(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(ByteOrderMark))
            file = file[ByteOrderMark.Length..];
        return file.TrimStart(" \t\r\n"u8) is [(byte)'{', ..];
    }

    private static byte[] ReadAll(string path)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (file.Length > MaxFileSize)
            throw new ModelFormatException($"{path}: the file has {file.Length} bytes, but no tokenizer has more than {MaxFileSize}.");
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private static HuggingFaceTokenizerConfig? ReadConfig(string path)
    {
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
            return null;
        string config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, ConfigName);
        return File.Exists(config) ? HuggingFaceTokenizerConfig.Read(ReadAll(config), config) : null;
    }

    private static bool IsGguf(string path)
    {
        if (Directory.Exists(path))
            throw new ModelFormatException($"{path} is a folder, not a tokenizer's file.");
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (!file.CanSeek)
            throw new IOException($"{path}: a pipe or a device is no tokenizer file.");
        Span<byte> magic = stackalloc byte[sizeof(uint)];
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic.SequenceEqual("GGUF"u8);
    }

    private static ModelFormatException HasNone(GgufFile file) => new($"{file.Path}: the file carries no tokenizer (tokenizer.ggml.model).");
}
