using System;
using Llamalith.Contracts;

namespace Llamalith.Cli.Benchmarking;

/// <summary>What a model makes the machine do, to set measured speeds in proportion to the machine's own.</summary>
internal sealed record ModelWork
{
    /// <summary>The model's name in tables and JSON.</summary>
    public required string Model { get; init; }

    /// <summary>Bytes of weights that decoding one token reads: every tensor, but of the token embedding one row only, unless it is
    /// the classifier too. The cache is not counted.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Multiply-adds of a token's pass through the layers' matrices.</summary>
    public required long LayerMultiplies { get; init; }

    /// <summary>Multiply-adds of the classifier, which runs for the last token of a prompt only.</summary>
    public required long ClassifierMultiplies { get; init; }

    /// <summary>Whether most weights are blocks of integers, multiplied as such; else floats.</summary>
    public required bool Quantized { get; init; }

    /// <summary>Multiply-adds of a prompt's matrices. Attention is not counted.</summary>
    public double PromptMultiplies(int tokens) => ((double)tokens * LayerMultiplies) + ClassifierMultiplies;

    /// <summary>The work that a file's tensors stand for.</summary>
    public static ModelWork From(Checkpoint checkpoint, string model)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ModelShape shape = checkpoint.Shape;
        long bytes = 0, quantized = 0;
        foreach (string name in checkpoint.CanonicalNames)
        {
            if (!checkpoint.TryDescribe(name, out TensorInfo tensor))
                continue;
            bool onlyOneRow = name == TensorNames.TokenEmbedding && !shape.TiedEmbeddings;
            long read = onlyOneRow ? tensor.ByteLength / Math.Max(1, tensor.Rows) : tensor.ByteLength;
            bytes += read;
            if (tensor.Type is not (TensorType.F32 or TensorType.F16 or TensorType.BF16))
                quantized += read;
        }

        return From(shape, model) with { WeightBytes = bytes, Quantized = quantized > bytes / 2 };
    }

    /// <summary>The work of a shape whose weights are all F32.</summary>
    public static ModelWork From(ModelShape shape, string model)
    {
        ArgumentNullException.ThrowIfNull(shape);
        long attention = ((long)shape.Dim * shape.QueryDim * 2) + ((long)shape.Dim * shape.KvDim * 2);
        long feedForward = (long)shape.Dim * shape.FfnDim * 3;
        long layers = shape.Layers * (attention + feedForward);
        long classifier = (long)shape.Dim * shape.VocabSize;
        return new ModelWork
        {
            Model = model,
            WeightBytes = sizeof(float) * (layers + classifier),
            LayerMultiplies = layers,
            ClassifierMultiplies = classifier,
            Quantized = false,
        };
    }
}
