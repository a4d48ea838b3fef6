using System;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using Llamalith.Constraints;
using Llamalith.Contracts;
using Llamalith.Sampling;
using Llamalith.Tokenization;

namespace Llamalith.Generation;

/// <summary>
/// Makes text with a model. Each prompt is a whole sequence from its first token; what the model's KV cache has of it already, whoever
/// put it there, need not be computed again. One generation at a time: one that finds other tokens in the model's conversation than it left is refused.
/// </summary>
public sealed class TextGenerator
{
    private readonly SamplingOptions _defaultSampling;
    private readonly int _choices;
    private int[] _cached;
    private int _cachedCount;
    private Sampler _sampler;
    private TextGeneration? _current;

    /// <summary>A generator over a model, which it does not dispose of.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer; where it has fewer tokens than the model, or unused ones at its end, the model's last ones are never chosen.</param>
    /// <param name="sampling">How tokens are chosen; default: drawn from the model's own distribution.</param>
    /// <exception cref="ModelMismatchException">The tokenizer has more tokens than the model.</exception>
    public TextGenerator(ILlamaModel model, Tokenizer tokenizer, SamplingOptions? sampling = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (tokenizer.VocabSize > model.Shape.VocabSize)
            throw new ModelMismatchException($"The tokenizer has {tokenizer.VocabSize} tokens, but the model has VocabSize = {model.Shape.VocabSize}.");
        Model = model;
        Tokenizer = tokenizer;
        Context = model.Shape.Context;
        _defaultSampling = sampling ?? new SamplingOptions();
        _choices = tokenizer.VocabSize;
        while (_choices > 1 && tokenizer.GetKind(_choices - 1) == TokenKind.Unused)
            _choices--;
        _sampler = new Sampler(_defaultSampling, _choices);
        // Its code is compiled at its first use: better now than when the first token is waited for.
        _sampler.Sample(new float[_choices]);
        _cached = new int[Math.Min(Context, 512)];
    }

    /// <summary>The model.</summary>
    public ILlamaModel Model { get; }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The tokens of the sequence under way that are in the model's KV cache.</summary>
    public ReadOnlySpan<int> CachedTokens => _cached.AsSpan(0, _cachedCount);

    /// <summary>The vocabulary as constraints walk it, made when the first one asks for it.</summary>
    internal TokenTrie Vocabulary => field ??= new TokenTrie(Tokenizer);

    /// <summary>Most positions of a sequence.</summary>
    internal int Context { get; }

    /// <summary>
    /// Puts a prompt that the build has prefilled into the model's KV cache. Texts and tokens that begin with it need not be prefilled so far, as in
    /// Start(prompt.Text + question).
    /// </summary>
    /// <exception cref="ArgumentException">The model has no prefilled prompts, or not this one.</exception>
    /// <inheritdoc cref="IPromptedModel.Begin"/>
    public void Begin(BakedPrompt prompt)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (Model is not IPromptedModel prompted)
            throw new ArgumentException($"The model is compiled without prompts, so it does not have {prompt.Name}.", nameof(prompt));
        _current = null;
        _cachedCount = 0;
        prompted.Begin(prompt);
        Remember(prompt.Tokens);
    }

    /// <summary>Begins to generate from a text.</summary>
    /// <param name="prompt">The text; where it is empty, generation starts from BOS alone.</param>
    /// <param name="options">What to generate; default: until the model ends the text.</param>
    /// <param name="cancellation">Ends the generation before its next token.</param>
    /// <returns>The generation, for the caller to drive. A new one puts an end to those before.</returns>
    /// <exception cref="ArgumentException">The prompt is empty, and there is no BOS.</exception>
    /// <exception cref="ContextFullException">The prompt is longer than the context.</exception>
    public TextGeneration Start(string prompt, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        options ??= new GenerationOptions();
        int[] tokens = Tokenizer.Encode(prompt, options.AddBos ?? Tokenizer.AddBos, parseSpecial: options.ParseSpecial);
        if (tokens.Length == 0 && Tokenizer.BosId >= 0)
            tokens = [Tokenizer.BosId];
        return Begin(tokens, options, cancellation);
    }

    /// <summary>Begins to generate from tokens.</summary>
    /// <param name="prompt">The tokens, BOS included where the model wants it.</param>
    /// <inheritdoc cref="Start(string, GenerationOptions?, CancellationToken)"/>
    /// <param name="options">What to generate.</param>
    /// <param name="cancellation">Ends the generation before its next token.</param>
    /// <exception cref="ArgumentException">There is no token.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A token is not in the vocabulary.</exception>
    public TextGeneration Start(ReadOnlySpan<int> prompt, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        Begin(prompt.ToArray(), options ?? new GenerationOptions(), cancellation);

    /// <summary>Generates a text and returns it when it is whole.</summary>
    /// <returns>The text; one that was cancelled is returned as far as it got.</returns>
    /// <inheritdoc cref="Start(string, GenerationOptions?, CancellationToken)"/>
    public GenerationResult Generate(string prompt, GenerationOptions? options = null, CancellationToken cancellation = default)
    {
        TextGeneration generation = Start(prompt, options, cancellation);
        StringBuilder text = new();
        while (generation.MoveNext())
            text.Append(Encoding.UTF8.GetString(generation.Utf8Text));
        return new GenerationResult(text.ToString(), generation.FinishReason, generation.Usage);
    }

    /// <summary>Generates a text and gives it out piece by piece.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; all text until then was given out.</exception>
    /// <inheritdoc cref="Start(string, GenerationOptions?, CancellationToken)"/>
    /// <returns>Pieces of text, none of them empty.</returns>
    public IEnumerable<string> Stream(string prompt, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        Start(prompt, options, cancellation).Texts();

    /// <summary>Generates a text on other threads and gives it out piece by piece. The model does not run ahead of the reader.</summary>
    /// <inheritdoc cref="Stream"/>
    public IAsyncEnumerable<string> StreamAsync(string prompt, GenerationOptions? options = null, CancellationToken cancellation = default) =>
        Start(prompt, options, cancellation).TextsAsync(CancellationToken.None);

    private TextGeneration Begin(int[] prompt, GenerationOptions options, CancellationToken cancellation)
    {
        if (prompt.Length == 0)
            throw new ArgumentException("The prompt has no tokens.", nameof(prompt));
        foreach (int token in prompt)
        {
            if ((uint)token >= (uint)Tokenizer.VocabSize)
                throw new ArgumentOutOfRangeException(nameof(prompt), token, $"The vocabulary has {Tokenizer.VocabSize} tokens.");
        }
        if (prompt.Length > Context)
            throw new ContextFullException($"The prompt has {prompt.Length} tokens, but the model's context has room for {Context}.");
        SamplingOptions sampling = options.Sampling ?? _defaultSampling;
        if (_sampler.Options == sampling)
            _sampler.Restart();
        else
            _sampler = new Sampler(sampling, _choices);
        return _current = new TextGeneration(this, _sampler, prompt, options, cancellation);
    }

    /// <summary>Makes sure that a generation is still the one under way.</summary>
    /// <exception cref="InvalidOperationException">Another one began since.</exception>
    internal void RequireCurrent(TextGeneration generation)
    {
        if (generation != _current)
            throw new InvalidOperationException("Another generation has begun on this generator since.");
    }

    /// <summary>Forgets what a prompt does not begin with, and returns how much of the prompt is left in the cache.</summary>
    internal int KeepPrefix(ReadOnlySpan<int> prompt, bool reuse)
    {
        // The last token is computed again in any case: the logits after it are needed.
        int common = reuse ? Model.Tokens.CommonPrefixLength(prompt[..^1]) : 0;
        Model.Truncate(common);
        _cachedCount = 0;
        Remember(prompt[..common]);
        return common;
    }

    /// <summary>Runs the rest of a prompt through the model.</summary>
    internal ReadOnlySpan<float> Prefill(ReadOnlySpan<int> rest, CancellationToken cancellation)
    {
        ReadOnlySpan<float> logits = Model.Prefill(rest, cancellation);
        Remember(rest);
        return logits;
    }

    /// <summary>Runs one token through the model.</summary>
    /// <exception cref="InvalidOperationException">The model's conversation is not the one that this generator left.</exception>
    internal ReadOnlySpan<float> Decode(int token)
    {
        if (!Model.Tokens.SequenceEqual(CachedTokens))
            throw new InvalidOperationException("Something else has used the model since this generator's last token: its conversation has other tokens now.");
        ReadOnlySpan<float> logits = Model.Decode(token);
        Remember([token]);
        return logits;
    }

    private void Remember(ReadOnlySpan<int> tokens)
    {
        if (_cachedCount + tokens.Length > _cached.Length)
            Array.Resize(ref _cached, Math.Min(Math.Max(_cachedCount + tokens.Length, 2 * _cached.Length), Context));
        tokens.CopyTo(_cached.AsSpan(_cachedCount));
        _cachedCount += tokens.Length;
    }
}
