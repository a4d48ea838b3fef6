using System;
using System.Buffers.Binary;
using System.IO;
using System.Reflection;
using Llamalith.Checkpoints;

namespace Llamalith.Contracts;

/// <summary>
/// A prompt that the build has run through the model. Its resource holds the digest of the weights, the tokens, and what
/// <see cref="IKvCache{TSelf}.Save"/> wrote of their keys and values.
/// </summary>
public sealed class BakedPrompt
{
    // "LLPR", then the version of this header.
    private const uint Magic = 0x52504C4C;
    private const int Version = 1;

    private readonly Assembly _assembly;
    private readonly string _resource;
    private int[]? _tokens;

    /// <summary>Made by generated classes.</summary>
    /// <param name="assembly">The assembly that holds it.</param>
    /// <param name="model">The full name of the class.</param>
    /// <param name="name">What the attribute calls it.</param>
    /// <param name="text">What it says.</param>
    public BakedPrompt(Assembly assembly, string model, string name, string text)
    {
        _assembly = assembly;
        _resource = EmbeddedCheckpoint.PromptsPrefix + PathOf(model, name);
        Name = name;
        Text = text;
    }

    /// <summary>What the attribute calls it.</summary>
    public string Name { get; }

    /// <summary>What it says.</summary>
    public string Text { get; }

    /// <summary>Its tokens, BOS included where the model wants it.</summary>
    /// <exception cref="FileNotFoundException">The program holds no such prompt.</exception>
    /// <exception cref="ModelFormatException">It is damaged.</exception>
    public ReadOnlySpan<int> Tokens
    {
        get
        {
            if (_tokens is null)
            {
                using Stream stream = Open();
                _ = ReadHeader(stream);
            }

            return _tokens;
        }
    }

    /// <summary>Fills a cache with its keys and values. For generated classes.</summary>
    /// <param name="weights">The weights in use.</param>
    /// <param name="cache">The cache; what it held is forgotten.</param>
    /// <exception cref="ModelMismatchException">It was prefilled with other weights, or for another class.</exception>
    /// <exception cref="ModelFormatException">It is damaged.</exception>
    public void CopyTo(Checkpoint weights, KvStorage cache)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(cache);
        using Stream stream = Open();
        string baked = ReadHeader(stream);
        ReadOnlySpan<byte> digest = weights.Digest;
        string loaded = digest.IsEmpty ? "were not packed, so that they have none" : $"have {Convert.ToHexStringLower(digest)}";
        if (digest.IsEmpty || baked != Convert.ToHexStringLower(digest))
            throw new ModelMismatchException($"The prompt {Name} was prefilled with weights whose checksum is {baked}, but those of {weights.Path} {loaded}; prefill its text instead.");
        cache.Restore(stream);
        if (!cache.Tokens.SequenceEqual(Tokens))
        {
            int count = cache.Count;
            cache.Cut(0);
            throw new ModelFormatException($"The prompt {Name} has {Tokens.Length} tokens, but keys and values of {(count == Tokens.Length ? "others" : count)}.");
        }
    }

    /// <summary>Where the build puts a prompt among those of its assembly.</summary>
    internal static string PathOf(string model, string name) => $"{model.Replace("@", "", StringComparison.Ordinal)}.prompts/{name}";

    /// <summary>Writes what comes before the cache.</summary>
    internal static void WriteHeader(Stream stream, ReadOnlySpan<byte> digest, ReadOnlySpan<int> tokens)
    {
        using BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write(digest.Length);
        writer.Write(digest);
        writer.Write(tokens.Length);
        foreach (int token in tokens)
            writer.Write(token);
    }

    private Stream Open() => _assembly.GetManifestResourceStream(_resource)
        ?? throw new FileNotFoundException($"{_assembly.GetName().Name} was compiled for the prompt {Name}, but has no resource {_resource}. The build of the package Llamalith puts it there.");

    // Returns the weights' digest, and leaves the stream where the cache begins.
    private string ReadHeader(Stream stream)
    {
        Span<byte> word = stackalloc byte[sizeof(int)];
        if (Next(word) != unchecked((int)Magic))
            throw Bad("it does not begin with \"LLPR\"");
        if (Next(word) is var version and not Version)
            throw Bad($"it has version {version}, and this build reads version {Version}");
        byte[] digest = new byte[Length(Next(word))];
        stream.ReadExactly(digest);
        int[] tokens = new int[Length(checked(Next(word) * (long)sizeof(int))) / sizeof(int)];
        for (int i = 0; i < tokens.Length; i++)
            tokens[i] = Next(word);
        _tokens = tokens;
        return Convert.ToHexStringLower(digest);

        int Next(Span<byte> bytes)
        {
            if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
                throw Bad("it ends early");
            return BinaryPrimitives.ReadInt32LittleEndian(bytes);
        }

        int Length(long bytes) => bytes >= 0 && bytes <= stream.Length - stream.Position ? (int)bytes : throw Bad($"{bytes} bytes are due, but {stream.Length - stream.Position} are left");
    }

    private ModelFormatException Bad(string complaint) => new($"The resource {_resource} is no prefilled prompt: {complaint}.");
}
