using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading;
using Llamalith.Constraints;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Commands;

/// <summary>A file of schemas with their instances: what is taken, refused and wrong, and how long it takes.</summary>
internal sealed class ConstraintSuite
{
    private const int DeepestJson = 1000, MostNamed = 20;

    private readonly SortedDictionary<string, int> _refused = new(StringComparer.Ordinal);
    private readonly List<string> _wrong = [];
    private readonly List<double> _compileTimes = [];
    private readonly List<double> _maskTimes = [];
    private readonly ulong[] _mask;
    private readonly Tokenizer? _tokenizer;
    private readonly TokenTrie? _trie;
    private int _schemas, _accepted, _rejected, _invalidAccepted, _plainRejected, _otherRejected, _maskWrong;

    private ConstraintSuite(Tokenizer? tokenizer)
    {
        _tokenizer = tokenizer;
        _trie = tokenizer is null ? null : new TokenTrie(tokenizer);
        _mask = new ulong[_trie?.MaskLength ?? 0];
    }

    /// <summary>Runs a suite.</summary>
    public static ConstraintSuite Run(IEnumerable<(int Number, string Line)> lines, string path, Tokenizer? tokenizer, bool plain, CancellationToken cancellation)
    {
        ConstraintSuite suite = new(tokenizer);
        foreach ((int number, string line) in lines)
        {
            cancellation.ThrowIfCancellationRequested();
            try
            {
                using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = DeepestJson });
                suite.Run(document.RootElement, number, plain);
            }
            catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
            {
                throw new CliException($"{path}, line {number} must be a JSON object with schema and tests: {e.Message}", e);
            }
        }
        return suite;
    }

    /// <summary>Writes what came out.</summary>
    public void Write(TextWriter console, bool json)
    {
        SuiteReport report = new(
            _schemas, _compileTimes.Count, _refused.Values.Sum(), _refused, _accepted, _rejected, _invalidAccepted, _plainRejected, _otherRejected,
            SuiteTimes.Of(_compileTimes), _trie is null ? null : SuiteTimes.Of(_maskTimes), _trie is null ? null : _maskWrong);
        if (json)
        {
            console.WriteLine(JsonSerializer.Serialize(report, ConstrainJson.Default.SuiteReport));
            return;
        }
        console.WriteLine(Line($"schemas: {report.Schemas}, taken {report.Taken} ({100.0 * report.Taken / Math.Max(1, report.Schemas):F1} %), refused {report.Refused}"));
        foreach ((string reason, int count) in _refused.OrderByDescending(static pair => pair.Value).Select(static pair => (pair.Key, pair.Value)))
            console.WriteLine(Line($"  {count,5}  {reason}"));
        console.WriteLine(Line($"instances: valid and accepted {report.Accepted}, invalid and rejected {report.Rejected}"));
        console.WriteLine(Line($"  wrong: invalid accepted {report.InvalidAccepted}, valid of plain form rejected {report.PlainRejected}, valid of another form rejected {report.OtherRejected}"));
        foreach (string wrong in _wrong)
            console.WriteLine("    " + wrong);
        console.WriteLine(Line($"compile ms: mean {report.CompileMs.Mean:F3}, p50 {report.CompileMs.P50:F3}, p99 {report.CompileMs.P99:F3}"));
        if (report.MaskMs is { } masks)
            console.WriteLine(Line($"mask µs: mean {1000 * masks.Mean:F1}, p50 {1000 * masks.P50:F1}, p99 {1000 * masks.P99:F1} ({_maskTimes.Count} masks of {_trie!.VocabSize} tokens, {_maskWrong} without the instance's own token)"));
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private void Run(JsonElement entry, int number, bool plain)
    {
        _schemas++;
        string name = entry.TryGetProperty("name", out JsonElement named) ? named.ToString() : string.Create(CultureInfo.InvariantCulture, $"line {number}");
        string schema = entry.GetProperty("schema").GetRawText();
        Constraint constraint;
        long begin = Stopwatch.GetTimestamp();
        try
        {
            constraint = Constraint.FromJsonSchema(schema, plain);
        }
        catch (ConstraintException e)
        {
            _refused[e.Reason] = _refused.GetValueOrDefault(e.Reason) + 1;
            return;
        }
        _compileTimes.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        if (!entry.TryGetProperty("tests", out JsonElement tests))
            return;
        foreach (JsonElement test in tests.EnumerateArray())
        {
            bool valid = test.GetProperty("valid").GetBoolean();
            string text = test.TryGetProperty("text", out JsonElement written) ? written.GetString()! : test.GetProperty("data").GetRawText();
            bool accepted = Accepts(constraint, text, out int at);
            if (accepted && valid)
            {
                _accepted++;
                if (_tokenizer is not null)
                    TimeMasks(constraint, text);
            }
            else if (!accepted && !valid)
            {
                _rejected++;
            }
            else
            {
                bool isPlain = !test.TryGetProperty("form", out _);
                _invalidAccepted += accepted ? 1 : 0;
                _plainRejected += !accepted && isPlain ? 1 : 0;
                _otherRejected += !accepted && !isPlain ? 1 : 0;
                if (_wrong.Count < MostNamed)
                    _wrong.Add(accepted ? $"{name}: accepts {Short(text)}" : Line($"{name}: rejects {Short(text)} at byte {at}"));
            }
        }
    }

    private static string Short(string text) => text.Length <= 100 ? text : text[..100] + "…";

    private static bool Accepts(Constraint constraint, string text, out int at)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        ConstraintState state = constraint.Start();
        at = state.Advance(bytes);
        return state.CanEnd && bytes.AsSpan(at).IndexOfAnyExcept(" \t\r\n"u8) < 0;
    }

    /// <summary>Makes the mask before each token of an instance, as generating it would.</summary>
    private void TimeMasks(Constraint constraint, string text)
    {
        ConstraintState state = constraint.Start();
        foreach (int token in _tokenizer!.Encode(text))
        {
            long begin = Stopwatch.GetTimestamp();
            state.FillMask(_trie!, _mask);
            _maskTimes.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            if ((_mask[token / 64] >> token & 1) == 0)
                _maskWrong++;
            ReadOnlySpan<byte> piece = _tokenizer.GetPiece(token);
            if (state.Advance(piece) < piece.Length)
                return;
        }
    }
}

/// <summary>Times in ms.</summary>
/// <param name="Mean">Their mean.</param>
/// <param name="P50">Their median.</param>
/// <param name="P99">What 99 % of them are below.</param>
internal sealed record SuiteTimes([property: JsonPropertyName("mean")] double Mean, [property: JsonPropertyName("p50")] double P50, [property: JsonPropertyName("p99")] double P99)
{
    /// <summary>The summary of some times.</summary>
    public static SuiteTimes Of(List<double> times)
    {
        if (times.Count == 0)
            return new SuiteTimes(0, 0, 0);
        double[] sorted = [.. times.Order()];
        return new SuiteTimes(sorted.Average(), sorted[sorted.Length / 2], sorted[Math.Min(sorted.Length - 1, sorted.Length * 99 / 100)]);
    }
}

/// <summary>What came out of a suite.</summary>
internal sealed record SuiteReport(
    [property: JsonPropertyName("schemas")] int Schemas,
    [property: JsonPropertyName("taken")] int Taken,
    [property: JsonPropertyName("refused")] int Refused,
    [property: JsonPropertyName("reasons")] IReadOnlyDictionary<string, int> Reasons,
    [property: JsonPropertyName("valid_accepted")] int Accepted,
    [property: JsonPropertyName("invalid_rejected")] int Rejected,
    [property: JsonPropertyName("invalid_accepted")] int InvalidAccepted,
    [property: JsonPropertyName("valid_plain_rejected")] int PlainRejected,
    [property: JsonPropertyName("valid_other_rejected")] int OtherRejected,
    [property: JsonPropertyName("compile_ms")] SuiteTimes CompileMs,
    [property: JsonPropertyName("mask_ms")] SuiteTimes? MaskMs,
    [property: JsonPropertyName("masks_without_own_token")] int? MasksWithoutOwnToken);
