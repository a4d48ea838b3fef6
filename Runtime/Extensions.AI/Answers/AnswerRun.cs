using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Threading;
using Llamalith.Chat;
using Llamalith.Constraints;
using Llamalith.Extensions.AI.Requests;
using Llamalith.Generation;
using Llamalith.Tokenization;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI.Answers;

/// <summary>
/// One answer. It is made in stretches: free text, in which marks are looked for; text that is held to a constraint; and text that can be
/// no other, which
/// the model only reads. Each goes on in the KV cache from where the one before it ended.
/// </summary>
internal sealed class AnswerRun
{
    private const string ThinkStart = "<think>", ThinkEnd = "</think>";

    // A model that calls without end is stopped here.
    private const int MostCalls = 128;

    private readonly TextGenerator _generator;
    private readonly Tokenizer _tokenizer;
    private readonly ChatRequest _request;
    private readonly ToolForm _form;
    private readonly ChatPrompt _prompt;
    private readonly List<int> _tokens;
    private readonly int _promptLength;
    private readonly bool _mayThink;
    private readonly CancellationToken _cancellation;
    private readonly TextMarks _stops, _answerMarks, _thoughtMarks = new([ThinkEnd]);
    private readonly string[] _named;
    private GenerationUsage _usage;
    private bool _started;
    private int _stretches;
    private int _reasoningTokens;
    private int _calls;
    private bool _thinking, _thoughtBegun;

    /// <summary>An answer to a prompt.</summary>
    public AnswerRun(
        TextGenerator generator, ChatRequest request, ToolForm form, ChatPrompt prompt, int[] tokens, bool mayThink,
        CancellationToken cancellation)
    {
        _generator = generator;
        _tokenizer = generator.Tokenizer;
        _request = request;
        _form = form;
        _prompt = prompt;
        _tokens = [.. tokens];
        _promptLength = tokens.Length;
        _mayThink = mayThink;
        _cancellation = cancellation;
        _thinking = prompt.Text.AsSpan().TrimEnd().EndsWith(ThinkStart, StringComparison.Ordinal);
        _stops = new TextMarks(request.Stops);
        bool looksForCalls = request.Tools.Count > 0 && form.Mark is not null;
        _answerMarks = new TextMarks([.. request.Stops, .. looksForCalls ? [form.Mark!] : Array.Empty<string>()]);
        _named = [ThinkStart, ThinkEnd, .. looksForCalls ? [form.Mark!] : Array.Empty<string>()];
    }

    /// <summary>Why the answer ended.</summary>
    public ChatFinishReason FinishReason { get; private set; } = ChatFinishReason.Stop;

    /// <summary>What it took.</summary>
    public UsageDetails Usage => new()
    {
        InputTokenCount = _promptLength,
        CachedInputTokenCount = _usage.CachedPromptTokens,
        OutputTokenCount = _tokens.Count - _promptLength,
        TotalTokenCount = _tokens.Count,
        ReasoningTokenCount = _reasoningTokens,
    };

    /// <summary>What it took, times included; tokens that could be no other count as prompt.</summary>
    public GenerationUsage Timings => _usage;

    /// <summary>How likely the tokens were that the model chose; empty unless it was asked for.</summary>
    public List<TokenLogProbability> LogProbs { get; } = [];

    /// <summary>The prompt and the answer, for the next prompt to begin with.</summary>
    public ChatTranscript Transcript => new(_prompt, CollectionsMarshal.AsSpan(_tokens), _promptLength, _tokenizer);

    private bool MayCallAgain => _request.AllowsSeveralCalls && !_form.IsSingle && _calls < MostCalls;

    private int Left => (_request.Generation.MaxTokens ?? int.MaxValue) - (_tokens.Count - _promptLength);

    /// <summary>Makes the answer, piece by piece.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public IEnumerable<AIContent> Contents()
    {
        if (_request.Answer is null && !_request.RequiresCall)
            return Free();
        return Held();
    }

    /// <summary>An answer that is a call, or held to a constraint. Thoughts come before it.</summary>
    private IEnumerable<AIContent> Held()
    {
        bool offersCalls = _request.Tools.Count > 0;
        if (!_thinking && _mayThink && Begins([ThinkStart], calls: false, out _) == 0)
        {
            Force(ThinkStart, isMark: true);
            _thinking = true;
        }
        if (_thinking)
        {
            foreach (AIContent thought in Thoughts())
                yield return thought;
            if (_thinking)
                yield break;
        }

        Tool? begun = null;
        bool callsNow = _request.RequiresCall
            || (offersCalls && Begins(_form.Mark is { } mark ? [mark] : [], calls: _form.Mark is null, out begun) >= 0);
        if (callsNow)
        {
            foreach (AIContent content in Calls(begun))
                yield return content;
            yield break;
        }
        foreach (AIContent content in Answer())
            yield return content;
    }

    private IEnumerable<AIContent> Thoughts()
    {
        Stretch stretch = new(this, Next(null));
        int shown = 0;
        while (stretch.MoveNext())
        {
            if (Think(stretch, ref shown) is { } thought)
                yield return thought;
            if (_thinking)
                continue;
            _reasoningTokens += stretch.Keep(shown);
            stretch.End();
            yield break;
        }
        _reasoningTokens += stretch.KeepAll();
        End(stretch);
    }

    /// <summary>Shows thoughts so far as they have come, up to their end; white space around them is none of them.</summary>
    private TextReasoningContent? Think(Stretch stretch, ref int shown)
    {
        int end = _thoughtMarks.Find(stretch.Text, shown, out int mark), from = shown;
        if (!_thoughtBegun)
            from += stretch.Text[from..end].Length - stretch.Text[from..end].TrimStart().Length;
        int to = from + stretch.Text[from..end].TrimEnd().Length;
        shown = mark >= 0 ? end + ThinkEnd.Length : to;
        _thinking = mark < 0;
        _thoughtBegun |= to > from;
        return to > from && _request.ShowsReasoning ? new TextReasoningContent(stretch.Text[from..to].ToString()) : null;
    }

    /// <summary>An answer under its constraint.</summary>
    private IEnumerable<AIContent> Answer()
    {
        Stretch stretch = new(this, Next(_request.Answer));
        int shown = 0;
        while (stretch.MoveNext())
        {
            int end = _stops.Find(stretch.Text, shown, out int mark);
            if (end > shown)
                yield return new TextContent(stretch.Text[shown..end].ToString());
            shown = end;
            if (mark < 0)
                continue;
            stretch.Keep(end);
            stretch.End();
            yield break;
        }
        if (stretch.Text.Length > shown)
            yield return new TextContent(stretch.Text[shown..].ToString());
        stretch.KeepAll();
        End(stretch);
    }

    /// <summary>An answer of any text, in which tools may be called.</summary>
    private IEnumerable<AIContent> Free()
    {
        bool looksForObject = _request.Tools.Count > 0 && _form.Mark is null;
        bool atStart = true, mayBeginThinking = true;
        while (true)
        {
            Stretch stretch = new(this, Next(null));
            int shown = 0, answerFrom = 0, thoughtTokens = 0;
            Tool? begun = null;
            bool calls = false;
            while (!calls && stretch.MoveNext())
            {
                if (_thinking)
                {
                    if (Think(stretch, ref shown) is { } thought)
                        yield return thought;
                    thoughtTokens = stretch.Count;
                    if (_thinking)
                        continue;
                    mayBeginThinking = false;
                    answerFrom = shown;
                }

                int end = _answerMarks.Find(stretch.Text, shown, out int mark);
                if (atStart)
                {
                    string begin = stretch.Text[answerFrom..].TrimStart().ToString();
                    if (mark < 0 && begin.Length == 0)
                        continue;
                    if (mayBeginThinking && ThinkStart.StartsWith(begin, StringComparison.Ordinal) && mark < 0)
                    {
                        if (begin.Length < ThinkStart.Length)
                            continue;
                        _thinking = true;
                        shown = stretch.Text.Length;
                        continue;
                    }
                    if (mayBeginThinking && begin.StartsWith(ThinkStart, StringComparison.Ordinal))
                    {
                        // A token that holds the mark and more.
                        _thinking = true;
                        shown = stretch.Text.Length - begin.Length + ThinkStart.Length;
                        continue;
                    }
                    if (looksForObject && mark < 0 && CallStart.MayBe(begin, _request.Tools, out begun))
                    {
                        if (begun is null)
                            continue;
                        end = answerFrom;
                        calls = true;
                    }
                    else if (mark < 0 || end > answerFrom + (stretch.Text.Length - answerFrom - begin.Length))
                    {
                        // White space at the beginning is no part of an answer.
                        shown = stretch.Text.Length - begin.Length;
                        end = Math.Max(end, shown);
                        atStart = false;
                    }
                }
                if (!calls)
                {
                    bool isBlank = atStart && stretch.Text[shown..end].IsWhiteSpace();
                    if (end > shown && !isBlank)
                        yield return new TextContent(stretch.Text[shown..end].ToString());
                    shown = end;
                }
                if (mark >= 0 && mark < _request.Stops.Count)
                {
                    stretch.Keep(end);
                    _reasoningTokens += thoughtTokens;
                    stretch.End();
                    yield break;
                }
                calls |= mark >= 0;
                if (calls)
                    stretch.Keep(end);
            }

            _reasoningTokens += thoughtTokens;
            if (!calls)
            {
                string rest = _thinking ? "" : stretch.Text[shown..].ToString();
                if (atStart)
                    rest = rest.TrimStart();
                if (rest.Length > 0)
                    yield return new TextContent(rest);
                stretch.KeepAll();
                End(stretch);
                if (_calls > 0 && FinishReason == ChatFinishReason.Stop)
                    FinishReason = ChatFinishReason.ToolCalls;
                yield break;
            }

            stretch.End();
            foreach (AIContent content in Calls(begun))
                yield return content;
            if (_form.Separator is not null || !MayCallAgain || FinishReason != ChatFinishReason.ToolCalls)
                yield break;
            // Each call has its mark: after one there may be another, or text.
            (atStart, mayBeginThinking) = (true, false);
        }
    }

    /// <summary>A call, and those that follow it behind separators.</summary>
    private IEnumerable<AIContent> Calls(Tool? tool)
    {
        Force(_form.Opening, isMark: true);
        while (true)
        {
            Force(_form.BeforeName, isMark: false);
            if (tool is null && _request.Tools.Count > 1)
            {
                if (Written(_request.Names!) is not { } written)
                    yield break;
                tool = _request.Tools.First(one => _form.Quoted(one.Name) == written);
            }
            else
            {
                tool ??= _request.Tools[0];
                Force(_form.Quoted(tool.Name), isMark: false);
            }
            Force(_form.BeforeArguments, isMark: !_form.QuotesName);
            if (Written(tool.Arguments!) is not { } arguments)
                yield break;
            Force(_form.AfterArguments, isMark: _form.Mark is not null);
            _calls++;
            FinishReason = ChatFinishReason.ToolCalls;
            yield return new FunctionCallContent(MessageJson.ShortId(Guid.NewGuid().ToString()), tool.Name, Parse(arguments));
            tool = null;
            if (_form.Separator is not { } separator || !MayCallAgain)
                yield break;

            Constraint next = _form.Closing.Length > 0 ? s_listGoesOn : s_goesOn;
            if (Written(next) is not { } choice || choice != separator)
            {
                // That there was no room for another call does not spoil those that there are.
                FinishReason = ChatFinishReason.ToolCalls;
                yield break;
            }
        }
    }

    private static readonly Constraint s_goesOn = Constraint.FromRegex("^(; )?$"), s_listGoesOn = Constraint.FromRegex("^(, |])$");

    /// <summary>Text that is held to a constraint; null where it was cut off.</summary>
    private string? Written(Constraint constraint)
    {
        Stretch stretch = new(this, Next(constraint));
        while (stretch.MoveNext())
        {
            // All of it is wanted at once.
        }
        stretch.KeepAll();
        End(stretch);
        return FinishReason == ChatFinishReason.Length ? null : stretch.Text.ToString();
    }

    /// <summary>
    /// Whether the model, if it were free, would begin with one of some marks, or with the call of a tool. What it says for that is taken
    /// back.
    /// </summary>
    /// <returns>Which one; the call is the first behind the marks; -1 for none.</returns>
    private int Begins(string[] marks, bool calls, out Tool? tool)
    {
        tool = null;
        Stretch stretch = new(this, Next(null));
        int result = -1;
        while (stretch.MoveNext())
        {
            string begin = stretch.Text.TrimStart().ToString();
            result = Array.FindIndex(marks, mark => begin.StartsWith(mark, StringComparison.Ordinal));
            bool open = begin.Length == 0 || Array.Exists(marks, mark => mark.StartsWith(begin, StringComparison.Ordinal));
            if (result < 0 && calls)
            {
                open |= CallStart.MayBe(begin, _request.Tools, out tool);
                if (tool is not null)
                    result = marks.Length;
            }
            if (result >= 0 || !open)
                break;
        }
        stretch.End();
        FinishReason = ChatFinishReason.Stop;
        return result;
    }

    /// <summary>Goes on with text that can be no other.</summary>
    private void Force(string text, bool isMark)
    {
        if (text.Length == 0)
            return;
        int[] tokens = _tokenizer.Encode(text, parseSpecial: isMark);
        // A text within another one begins without the space that encoding adds.
        bool hasSpace = _tokenizer.AddsLeadingSpace && text[0] != ' ' && tokens.Length > 1 && _tokenizer.GetPiece(tokens[0]) is [(byte)' '];
        _tokens.AddRange(hasSpace ? tokens[1..] : tokens);
    }

    private TextGeneration? Next(Constraint? constraint)
    {
        _cancellation.ThrowIfCancellationRequested();
        GenerationOptions options = _request.Generation with { Constraint = constraint, MaxTokens = Math.Max(0, Left) };
        if (_stretches++ > 0 && options.Sampling is { Seed: { } seed } sampling)
            options = options with { Sampling = sampling with { Seed = unchecked(seed + (ulong)_stretches) } };
        // What was added since the prompt may be too much.
        return _started && _tokens.Count > _generator.Model.Shape.Context
            ? null
            : _generator.Start(CollectionsMarshal.AsSpan(_tokens), options, _cancellation);
    }

    /// <summary>A stretch has ended the answer, unless something is to follow it.</summary>
    private void End(Stretch stretch)
    {
        stretch.End();
        FinishReason = stretch.FinishReason is Generation.FinishReason.Length or Generation.FinishReason.ContextFull
            ? ChatFinishReason.Length
            : _calls > 0 ? ChatFinishReason.ToolCalls : ChatFinishReason.Stop;
    }

    private TokenLogProbability Told(ReadOnlySpan<TokenLogProb> found)
    {
        List<TokenLogProbability> top = [];
        foreach (TokenLogProb one in found[1..])
            top.Add(Told(one, []));
        return Told(found[0], top);
    }

    private TokenLogProbability Told(TokenLogProb one, IReadOnlyList<TokenLogProbability> top)
    {
        byte[] bytes = _tokenizer.GetPiece(one.Token).ToArray();
        return new(bytes.Length > 0 ? Encoding.UTF8.GetString(bytes) : _tokenizer.GetName(one.Token), bytes, one.LogProb, top);
    }

    private static Dictionary<string, object?> Parse(string arguments)
    {
        using JsonDocument json = JsonDocument.Parse(arguments, new JsonDocumentOptions { MaxDepth = 1000 });
        Dictionary<string, object?> parsed = new(StringComparer.Ordinal);
        foreach (JsonProperty property in json.RootElement.EnumerateObject())
            parsed[property.Name] = property.Value.Clone();
        return parsed;
    }

    /// <summary>A stretch of tokens and their text.</summary>
    /// <param name="run">The answer.</param>
    /// <param name="generation">What makes it; null where the context is full.</param>
    private sealed class Stretch(AnswerRun run, TextGeneration? generation)
    {
        private readonly List<int> _tokens = [];
        private readonly List<int> _ends = [];
        private readonly List<TokenLogProbability> _logProbs = [];
        private char[] _text = new char[256];
        private int _length;
        private bool _ended;

        /// <summary>All of the text so far.</summary>
        public ReadOnlySpan<char> Text => _text.AsSpan(0, _length);

        /// <summary>Number of tokens so far.</summary>
        public int Count => _tokens.Count;

        public FinishReason FinishReason => generation?.FinishReason ?? FinishReason.ContextFull;

        /// <summary>Makes the next token's text.</summary>
        public bool MoveNext()
        {
            if (generation is null)
                return false;
            bool more = generation.MoveNext();
            int made = generation.Usage.GeneratedTokens;
            ReadOnlySpan<byte> text = generation.Utf8Text;
            if (text.Length > 0)
                _length += Encoding.UTF8.GetChars(text, Room(text.Length));
            if (made > _tokens.Count)
            {
                int token = generation.LastToken;
                _tokens.Add(token);
                string? name = run._tokenizer.GetKind(token) == TokenKind.Control ? run._tokenizer.GetName(token) : null;
                if (name is not null && Array.IndexOf(run._named, name) >= 0)
                {
                    name.CopyTo(Room(name.Length));
                    _length += name.Length;
                }
                _ends.Add(_length);
                if (generation.LogProbs is { IsEmpty: false } found)
                    _logProbs.Add(run.Told(found));
                more = true;
            }
            if (generation.FinishReason != FinishReason.Cancelled)
                return more;
            End();
            throw new OperationCanceledException(run._cancellation);
        }

        /// <summary>Takes the tokens of a beginning into the answer, and text that lies within a token anew.</summary>
        /// <returns>How many tokens they are.</returns>
        public int Keep(int length)
        {
            int count = 0;
            while (count < _tokens.Count && _ends[count] <= length)
                run._tokens.Add(_tokens[count++]);
            run.LogProbs.AddRange(_logProbs.Take(count));
            ReadOnlySpan<char> rest = Text[(count > 0 ? _ends[count - 1] : 0)..length];
            if (!rest.IsWhiteSpace())
                run.Force(rest.ToString(), isMark: false);
            return count;
        }

        /// <summary>Takes all tokens into the answer.</summary>
        /// <returns>How many they are.</returns>
        public int KeepAll()
        {
            run._tokens.AddRange(_tokens);
            run.LogProbs.AddRange(_logProbs);
            return _tokens.Count;
        }

        /// <summary>Counts what it took.</summary>
        public void End()
        {
            if (_ended || generation is null)
                return;
            _ended = true;
            GenerationUsage usage = generation.Usage;
            run._usage = run._started
                ? run._usage with
                {
                    GeneratedTokens = run._usage.GeneratedTokens + usage.GeneratedTokens,
                    DecodeTime = run._usage.DecodeTime + usage.DecodeTime + usage.PromptTime,
                }
                : usage;
            run._started = true;
        }

        private Span<char> Room(int count)
        {
            if (_text.Length - _length < count)
                Array.Resize(ref _text, Math.Max(_length + count, 2 * _text.Length));
            return _text.AsSpan(_length);
        }
    }
}
