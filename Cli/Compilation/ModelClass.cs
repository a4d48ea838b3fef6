using System;
using System.Globalization;
using Llamalith.Contracts;
using Llamalith.Tools;

namespace Llamalith.Cli.Compilation;

/// <summary>An annotated class that an engine is compiled from: what a user would write for a model.</summary>
internal sealed record ModelClass
{
    /// <summary>
    /// Most positions that a class gets where nobody asks for a number: enough for most conversations, and its cache fits most machines.
    /// </summary>
    public const int UsualContext = ModelDescription.UsualContext;

    /// <summary>The namespace; empty for none.</summary>
    public required string Namespace { get; init; }

    /// <summary>The class's own name.</summary>
    public required string Name { get; init; }

    /// <summary>The hyperparameters. A file's context is the most that a class for it may have.</summary>
    public required ModelShape Shape { get; init; }

    /// <summary>The model file that the class has its sizes from; null where they are spelled out.</summary>
    public string? From { get; init; }

    /// <summary>The hyperparameters that it has from there, where nothing is written beside.</summary>
    public ModelShape? FromShape { get; init; }

    /// <summary>How the matrices are stored.</summary>
    public WeightFormat Weights { get; init; }

    /// <summary>How the KV cache is stored.</summary>
    public KvFormat KvCache { get; init; }

    /// <summary>The instruction sets to emit.</summary>
    public Isa Isa { get; init; } = Isa.All;

    /// <summary>The name with its namespace.</summary>
    public string FullName => Namespace.Length == 0 ? Name : $"{Namespace}.{Name}";

    /// <summary>The class for a model file.</summary>
    /// <param name="checkpoint">The file.</param>
    /// <param name="name">The class's name.</param>
    /// <param name="context">Most positions; null for the file's, though no more than <see cref="UsualContext"/>.</param>
    /// <exception cref="CliException">More positions than the file has, or matrices that no engine runs.</exception>
    public static ModelClass For(Checkpoint checkpoint, string name, int? context = null)
    {
        RequireContext(checkpoint, context);
        ModelShape shape = checkpoint.Shape;
        return new ModelClass
        {
            Namespace = "",
            Name = name,
            Shape = shape with { Context = context ?? Math.Min(shape.Context, UsualContext) },
            Weights = ModelDescription.FormatsOf(checkpoint),
        };
    }

    /// <summary>Refuses more positions than a file has.</summary>
    /// <exception cref="CliException">The message names both numbers.</exception>
    public static void RequireContext(Checkpoint checkpoint, int? context)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        int most = checkpoint.Shape.Context;
        if (context > most)
        {
            throw new CliException(string.Create(
                CultureInfo.InvariantCulture,
                $"{checkpoint.Path}: a context of {context} positions was asked for, but {checkpoint.KeyOf(nameof(ModelShape.Context))} = "
                    + $"{most}."));
        }
    }
}
