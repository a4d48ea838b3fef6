using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Threading;
using Llamalith.Contracts;

namespace Llamalith.Tests.Generation;

/// <summary>
/// A model that says what a test wants: the next token is a function of the tokens so far. It keeps the contract of
/// <see cref="ILlamaModel"/> strictly, and allocates nothing in a call.
/// </summary>
internal sealed class ScriptedModel(int vocabSize, int context, Func<List<int>, int> next) : ILlamaModel
{
    private readonly float[] _logits = new float[vocabSize];

    /// <summary>What is in the cache.</summary>
    public List<int> Tokens { get; } = new(context);

    /// <summary>Number of tokens that were run through the model.</summary>
    public int Computed { get; private set; }

    /// <summary>Called before a prompt is run.</summary>
    public Action? OnPrefill { get; set; }

    public ModelShape Shape { get; } = new()
    {
        Dim = 8, FfnDim = 8, Layers = 1, Heads = 1, KvHeads = 1, HeadDim = 8, VocabSize = vocabSize, Context = context,
        TiedEmbeddings = true,
    };

    public string InstructionSet => "scalar";

    public int Threads => 1;

    public int Position => Tokens.Count;

    ReadOnlySpan<int> ILlamaModel.Tokens => CollectionsMarshal.AsSpan(Tokens);

    /// <summary>A model that says these tokens after a prompt of so many, whatever the prompt is, and then EOS.</summary>
    public static ScriptedModel Saying(int vocabSize, int context, int promptLength, int[] tokens) =>
        new(vocabSize, context, so => so.Count - promptLength < tokens.Length ? tokens[so.Count - promptLength] : 2);

    public ReadOnlySpan<float> Decode(int token)
    {
        Take(token);
        return Logits();
    }

    public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens, CancellationToken cancellation = default)
    {
        if (tokens.IsEmpty)
            throw new ArgumentException("There is no token.", nameof(tokens));
        OnPrefill?.Invoke();
        cancellation.ThrowIfCancellationRequested();
        if (Position + tokens.Length > Shape.Context)
            throw new ContextFullException();
        foreach (int token in tokens)
            Take(token);
        return Logits();
    }

    public void Prefill(scoped ReadOnlySpan<int> tokens, ILogitsReader reader, CancellationToken cancellation = default) =>
        throw new NotSupportedException("Nothing that generates text asks for it.");

    public void Truncate(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Position);
        Tokens.RemoveRange(count, Position - count);
    }

    public void Dispose()
    {
    }

    private void Take(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, Shape.VocabSize);
        if (Position == Shape.Context)
            throw new ContextFullException();
        Tokens.Add(token);
        Computed++;
    }

    private float[] Logits()
    {
        _logits.AsSpan().Fill(1);
        int token = next(Tokens);
        if (token < 0)
            _logits[0] = float.NaN;
        else
            _logits[token] = 20;
        return _logits;
    }
}
