using System;
using System.Buffers;
using System.Collections.Generic;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Sampling;
using Llamalith.Tokenization;

namespace Llamalith.Generation;

/// <summary>
/// One text being made. Each <see cref="MoveNext"/> runs the model once and makes one token's text; that allocates nothing.
/// Dropping a generation half-way is fine: the model stays as it is after the last step.
/// </summary>
public sealed class TextGeneration
{
    private readonly TextGenerator _generator;
    private readonly Sampler _sampler;
    private readonly int[] _prompt;
    private readonly GenerationOptions _options;
    private readonly int _maxTokens;
    private readonly TextEnds _ends;
    private readonly StopMatcher? _stops;
    private readonly ConstrainedText? _constrained;
    private readonly LogProbs? _logProbs;
    private readonly Utf8StreamDecoder _characters = new();
    private readonly TextBuffer _whole = new();
    private readonly TextBuffer _text = new();
    private CancellationToken _cancellation;
    private TokenDecoder _pieces;
    private State _state;
    private int _token;
    private int _cachedPromptTokens;
    private int _generated;
    private long _promptTicks;
    private long _firstTokenTicks;
    private long _decodeTicks;

    internal TextGeneration(TextGenerator generator, Sampler sampler, int[] prompt, GenerationOptions options, CancellationToken cancellation)
    {
        Tokenizer tokenizer = generator.Tokenizer;
        _generator = generator;
        _sampler = sampler;
        _prompt = prompt;
        _options = options;
        _cancellation = cancellation;
        _maxTokens = options.MaxTokens ?? int.MaxValue;
        _ends = options.StopTokens.Count == 0 ? tokenizer.Ends : new TextEnds([.. tokenizer.Ends.Tokens, .. options.StopTokens]);
        _stops = options.StopStrings.Count > 0 ? new StopMatcher(options.StopStrings) : null;
        _constrained = options.Constraint is { } constraint ? new ConstrainedText(constraint, generator.Vocabulary, sampler.VocabSize) : null;
        _logProbs = options.TopLogProbs is { } top ? new LogProbs(top) : null;
        _pieces = new TokenDecoder(tokenizer, atStart: true);
        _state = State.Started;
    }

    private enum State
    {
        Started,
        PromptShown,
        Decoding,
        Ended,
    }

    /// <summary>Why the text ended; None as long as it has not.</summary>
    public FinishReason FinishReason { get; private set; }

    /// <summary>What it has taken so far.</summary>
    public GenerationUsage Usage => new()
    {
        PromptTokens = _prompt.Length,
        CachedPromptTokens = _cachedPromptTokens,
        GeneratedTokens = _generated,
        PromptTime = Stopwatch.GetElapsedTime(0, _promptTicks),
        TimeToFirstToken = Stopwatch.GetElapsedTime(0, _firstTokenTicks),
        DecodeTime = Stopwatch.GetElapsedTime(0, _decodeTicks),
    };

    /// <summary>The seed of the random numbers that choose the tokens.</summary>
    public ulong Seed => _sampler.Seed;

    /// <summary>
    /// The text that the last <see cref="MoveNext"/> made, whole characters in UTF-8, valid until the next. It is empty where a
    /// character is not complete yet, or where the text may yet become a stop string.
    /// </summary>
    public ReadOnlySpan<byte> Utf8Text => _text.Written;

    /// <summary>
    /// The token that was chosen last, be it the one that ended the text; -1 before the first. A control token has no text: here is where
    /// it shows.
    /// </summary>
    public int LastToken { get; private set; } = -1;

    /// <summary>
    /// How likely <see cref="LastToken"/> was in the model's own distribution, then the likeliest tokens, the first one first, valid until the
    /// next <see cref="MoveNext"/>; empty unless <see cref="GenerationOptions.TopLogProbs"/> asks for them.
    /// </summary>
    public ReadOnlySpan<TokenLogProb> LogProbs => _logProbs is null ? default : _logProbs.Found;

    /// <summary>Makes the next piece of text: first the prompt's, if that was asked for, then each token's.</summary>
    /// <returns>False where the text has ended and nothing is left of it.</returns>
    /// <exception cref="InvalidOperationException">
    /// Another generation has begun on the same generator; or the text must go on, by its constraint, with bytes that no token begins with.
    /// </exception>
    /// <exception cref="ArgumentException">The model's logits are NaN, or all −∞.</exception>
    public bool MoveNext()
    {
        _text.Clear();
        State state = _state;
        if (state == State.Ended)
            return false;
        _generator.RequireCurrent(this);
        if (_cancellation.IsCancellationRequested)
            return End(FinishReason.Cancelled);
        if (state != State.Decoding)
            return Begin(state);

        // An exception from here on ends the generation.
        _state = State.Ended;
        long start = Stopwatch.GetTimestamp();
        bool more = Choose(_generator.Decode(_token));
        _decodeTicks += Stopwatch.GetTimestamp() - start;
        return more;
    }

    /// <summary>Makes all the text and writes it into a buffer, as UTF-8.</summary>
    /// <returns>Why it ended.</returns>
    /// <inheritdoc cref="MoveNext"/>
    public FinishReason WriteTo(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        while (MoveNext())
            output.Write(Utf8Text);
        return FinishReason;
    }

    /// <summary>Makes the text and gives it out piece by piece, none of them empty.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; all text until then was given out.</exception>
    public IEnumerable<string> Texts()
    {
        while (MoveNext())
        {
            if (_text.Count > 0)
                yield return Encoding.UTF8.GetString(Utf8Text);
        }
        ThrowIfCancelled();
    }

    /// <summary>Makes the text on other threads and gives it out piece by piece, none of them empty. The model does not run ahead of the reader.</summary>
    /// <param name="cancellation">Ends the generation before its next token, as does the one given at its start.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; all text until then was given out.</exception>
    public async IAsyncEnumerable<string> TextsAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using CancellationTokenSource? both = cancellation.CanBeCanceled ? CancellationTokenSource.CreateLinkedTokenSource(_cancellation, cancellation) : null;
        if (both is not null)
            _cancellation = both.Token;
        Func<string?> next = NextText;
        while (await Task.Run(next, CancellationToken.None).ConfigureAwait(false) is { } text)
            yield return text;
        ThrowIfCancelled();
    }

    private string? NextText()
    {
        while (MoveNext())
        {
            if (_text.Count > 0)
                return Encoding.UTF8.GetString(Utf8Text);
        }
        return null;
    }

    private void ThrowIfCancelled()
    {
        if (FinishReason == FinishReason.Cancelled)
            throw new OperationCanceledException(_cancellation);
    }

    private bool Begin(State state)
    {
        if (state == State.Started)
        {
            foreach (int token in _prompt)
            {
                ReadOnlySpan<byte> piece = _pieces.Next(token);
                if (_options.EchoPrompt)
                    AppendCharacters(piece, _text);
            }
            _state = State.PromptShown;
            if (_options.EchoPrompt)
                return true;
        }
        if (_maxTokens == 0)
            return End(FinishReason.Length);

        _state = State.Ended;
        long start = Stopwatch.GetTimestamp();
        _cachedPromptTokens = _generator.KeepPrefix(_prompt, _options.ReuseCache);
        ReadOnlySpan<float> logits;
        try
        {
            logits = _generator.Prefill(_prompt.AsSpan(_cachedPromptTokens), _cancellation);
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            return End(FinishReason.Cancelled);
        }
        _promptTicks = Stopwatch.GetTimestamp() - start;
        bool more = Choose(logits);
        _firstTokenTicks = Stopwatch.GetTimestamp() - start;
        return more;
    }

    /// <summary>Chooses a token and makes its text.</summary>
    private bool Choose(ReadOnlySpan<float> logits)
    {
        if (_constrained is { IsComplete: true })
            return End(FinishReason.Stop);
        ReadOnlySpan<float> choices = logits[.._sampler.VocabSize];
        int token = _sampler.Sample(_constrained is null ? choices : _constrained.Mask(choices), _generator.CachedTokens);
        LastToken = token;
        _logProbs?.Read(choices, token);
        if (_ends.Contains(token))
            return End(FinishReason.Stop);
        _token = token;
        _generated++;
        ReadOnlySpan<byte> piece = PieceOf(token);
        if (_stops is null)
        {
            AppendCharacters(piece, _text);
        }
        else
        {
            _whole.Clear();
            AppendCharacters(piece, _whole);
            if (_stops.Append(_whole.Written, _text))
            {
                FinishReason = FinishReason.Stop;
                return true;
            }
        }
        if (_constrained is { IsComplete: true })
            return End(FinishReason.Stop);
        if (_generated >= _maxTokens)
            return End(FinishReason.Length);
        if (_generator.CachedTokens.Length >= _generator.Context)
            return End(FinishReason.ContextFull);
        _state = State.Decoding;
        return true;
    }

    private ReadOnlySpan<byte> PieceOf(int token)
    {
        if (_constrained is null)
            return _pieces.Next(token);

        // What is held to a constraint is written as it is, leading space and all.
        ReadOnlySpan<byte> piece = _generator.Tokenizer.GetPiece(token);
        _constrained.Append(piece);
        return piece;
    }

    private void AppendCharacters(ReadOnlySpan<byte> piece, TextBuffer output) =>
        output.Advance(_characters.Append(piece, output.Room(Utf8StreamDecoder.MaxOutput(piece.Length))));

    /// <summary>Ends the text with what was held back of it.</summary>
    /// <returns>Whether this step has any text.</returns>
    private bool End(FinishReason reason)
    {
        _state = State.Ended;
        FinishReason = reason;
        if (_stops is null)
        {
            _text.Advance(_characters.Flush(_text.Room(Utf8StreamDecoder.MaxOutput(0))));
        }
        else
        {
            _whole.Clear();
            _whole.Advance(_characters.Flush(_whole.Room(Utf8StreamDecoder.MaxOutput(0))));
            if (_stops.Append(_whole.Written, _text))
                FinishReason = FinishReason.Stop;
            else
                _stops.Flush(_text);
        }
        return _text.Count > 0;
    }
}
