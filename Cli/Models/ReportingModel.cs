using System;
using System.Threading;
using Llamalith.Contracts;

namespace Llamalith.Cli.Models;

/// <summary>A model that tells how far a long prompt is: it is given to the model beneath in pieces.</summary>
/// <param name="model">The model beneath, which is not disposed of.</param>
internal sealed class ReportingModel(ILlamaModel model) : ILlamaModel
{
    /// <summary>Tokens that go at once: enough to keep the matrix kernels busy.</summary>
    public const int Piece = 256;

    /// <summary>Told the share of the prompt that is done, 0 to 1.</summary>
    public IProgress<double>? Progress { get; set; }

    /// <inheritdoc/>
    public ModelShape Shape => model.Shape;

    /// <inheritdoc/>
    public string InstructionSet => model.InstructionSet;

    /// <inheritdoc/>
    public int Threads => model.Threads;

    /// <inheritdoc/>
    public int Position => model.Position;

    /// <inheritdoc/>
    public ReadOnlySpan<int> Tokens => model.Tokens;

    /// <inheritdoc/>
    public ReadOnlySpan<float> Decode(int token) => model.Decode(token);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens, CancellationToken cancellation = default)
    {
        // What cannot all be done must not be begun: the model beneath says what is wrong.
        if (tokens.Length <= Piece || tokens.Length > Shape.Context - Position || tokens.ContainsAnyExceptInRange(0, Shape.VocabSize - 1))
            return model.Prefill(tokens, cancellation);
        int start = Position;
        try
        {
            ReadOnlySpan<float> logits = default;
            for (int done = 0; done < tokens.Length; done += Piece)
            {
                Progress?.Report((double)done / tokens.Length);
                logits = model.Prefill(tokens.Slice(done, Math.Min(Piece, tokens.Length - done)), cancellation);
            }

            return logits;
        }
        catch
        {
            model.Truncate(start);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Prefill(scoped ReadOnlySpan<int> tokens, ILogitsReader reader, CancellationToken cancellation = default) =>
        model.Prefill(tokens, reader, cancellation);

    /// <inheritdoc/>
    public void DecodeRows(scoped ReadOnlySpan<int> tokens, ILogitsReader reader, CancellationToken cancellation = default) =>
        model.DecodeRows(tokens, reader, cancellation);

    /// <inheritdoc/>
    public void Truncate(int count) => model.Truncate(count);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
