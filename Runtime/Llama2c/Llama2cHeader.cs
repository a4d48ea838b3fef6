using System;
using System.Globalization;
using Llamalith.Contracts;

namespace Llamalith.Llama2c;

/// <summary>What a llama2.c checkpoint states about itself.</summary>
public sealed record Llama2cHeader
{
    /// <summary>
    /// The file's version: 0 has no magic number, 1 has one, and both hold 32-bit floats; 2 holds 8-bit numbers with a scale for each
    /// group.
    /// </summary>
    public required int Version { get; init; }

    /// <summary>Width of the residual stream (dim).</summary>
    public required int Dim { get; init; }

    /// <summary>Inner width of the feed-forward network (hidden_dim).</summary>
    public required int FfnDim { get; init; }

    /// <summary>Number of layers (n_layers).</summary>
    public required int Layers { get; init; }

    /// <summary>Number of query heads (n_heads).</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key and value heads (n_kv_heads).</summary>
    public required int KvHeads { get; init; }

    /// <summary>Number of tokens (vocab_size without its sign).</summary>
    public required int VocabSize { get; init; }

    /// <summary>Most positions of a sequence (seq_len).</summary>
    public required int Context { get; init; }

    /// <summary>Whether the classifier is the token embedding (the sign of vocab_size in version 0, a byte in versions 1 and 2).</summary>
    public required bool SharedClassifier { get; init; }

    /// <summary>Numbers that share a scale in version 2 (group_size); 0 in the others.</summary>
    public int GroupSize { get; init; }

    /// <summary>Width of one head.</summary>
    public int HeadDim => Dim / Heads;

    /// <summary>Refuses sizes that no model has.</summary>
    /// <exception cref="ModelFormatException">The message names the field by the format's own word.</exception>
    internal void Check(string path)
    {
        Positive("dim", Dim);
        Positive("hidden_dim", FfnDim);
        Positive("n_layers", Layers);
        Positive("n_heads", Heads);
        Positive("n_kv_heads", KvHeads);
        Positive("vocab_size", VocabSize);
        Positive("seq_len", Context);
        if (Dim % Heads != 0)
            throw Bad($"dim = {Dim} is no multiple of n_heads = {Heads}");
        if (Heads % KvHeads != 0)
            throw Bad($"n_heads = {Heads} is no multiple of n_kv_heads = {KvHeads}");
        if (HeadDim % 2 != 0)
            throw Bad($"dim / n_heads = {HeadDim} is odd");

        if (Version == Llama2cLayout.QuantizedVersion)
            Positive("group_size", GroupSize);

        void Positive(string field, int value)
        {
            if (value <= 0)
                throw Bad($"{field} = {value} is not positive");
        }

        ModelFormatException Bad(FormattableString complaint) => new(
            $"{path} is no model file of a known format; read as a llama2.c checkpoint of version "
                + $"{Version.ToString(CultureInfo.InvariantCulture)}, "
            + complaint.ToString(CultureInfo.InvariantCulture) + ".");
    }
}
