using System;
using System.Collections.Generic;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>A low-rank adapter (LoRA): for some matrices of a model two narrow factors, whose product is added to them.</summary>
/// <param name="path">Where it was opened from.</param>
/// <param name="layout">The order of the rows of heads in its factors.</param>
/// <param name="pairs">The factors, by the canonical names of the matrices.</param>
/// <param name="file">What they lie in, disposed of with it.</param>
internal sealed class LoraAdapter(string path, RopeLayout layout, IReadOnlyDictionary<string, LoraPair> pairs, IDisposable file) : IDisposable
{
    public string Path { get; } = path;

    public RopeLayout RopeLayout { get; } = layout;

    public IReadOnlyDictionary<string, LoraPair> Pairs { get; } = pairs;

    /// <summary>
    /// Opens a GGUF file of llama.cpp's converter, a folder that PEFT saved (adapter_config.json and adapter_model.safetensors), or that
    /// .safetensors file.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="ModelFormatException">It is no adapter of this kind, or a damaged one; one line says what.</exception>
    public static LoraAdapter Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path) || path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
            return PeftLora.Open(path);
        return Handover.Make(GgufFile.Open(path), GgufLora.Read);
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}

/// <summary>Two factors of an adapter: a matrix [rows, columns] gets Scale · Left [rows, rank] · Right [rank, columns].</summary>
/// <param name="Left">The left factor, as the file has it.</param>
/// <param name="IsLeftTransposed">Whether that is [rank, rows].</param>
/// <param name="Right">The right factor, as the file has it.</param>
/// <param name="IsRightTransposed">Whether that is [columns, rank].</param>
/// <param name="Scale">The adapter's own: alpha / rank, or alpha / √rank.</param>
internal sealed record LoraPair(TensorView Left, bool IsLeftTransposed, TensorView Right, bool IsRightTransposed, double Scale)
{
    public long Rows => IsLeftTransposed ? Left.Columns : Left.Rows;

    public long Columns => IsRightTransposed ? Right.Rows : Right.Columns;

    public long Rank => IsLeftTransposed ? Left.Rows : Left.Columns;

    /// <summary>Refuses factors that have no product.</summary>
    public LoraPair Checked(string path, string name)
    {
        long other = IsRightTransposed ? Right.Columns : Right.Rows;
        if (Rank != other || Rank < 1)
        {
            throw new ModelFormatException(
                $"{path}: the factors of {name} are {Shown.Text(Left.Name)} [{Left.Rows}, {Left.Columns}] and "
                    + $"{Shown.Text(Right.Name)} [{Right.Rows}, {Right.Columns}], which share no rank.");
        }

        if (Math.Max(Rows, Columns) > Array.MaxLength / Rank)
        {
            throw new ModelFormatException(
                $"{path}: the factors of {name} have a rank of {Rank} for {Rows} rows and {Columns} columns, which is too large.");
        }
        return this;
    }
}
