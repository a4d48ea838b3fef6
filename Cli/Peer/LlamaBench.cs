using System;
using System.Collections.Generic;
using System.CommandLine.Parsing;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Threading;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Cli.Peer;

/// <summary>
/// A program with llama-bench's options and JSON as a contender, with a process of its own for every turn. It shows no logits.
/// </summary>
/// <param name="command">The program and options of its own, as a shell would have them.</param>
/// <param name="path">The model.</param>
/// <param name="cache">Element type of the KV cache.</param>
/// <param name="flashAttention">On, off, or null for what the command says.</param>
/// <param name="log">Takes what it writes to standard error; null for nobody.</param>
internal sealed class LlamaBench(string command, string path, PeerCacheFormat cache, bool? flashAttention, Action<string>? log)
    : IContenderSource
{
    private readonly string[] _words = [.. CommandLineParser.SplitCommandLine(command)];
    private string? _name;

    /// <inheritdoc/>
    public string Name => _name
        ?? (_words.Length > 0 ? Path.GetFileName(_words[0]) : throw new CliException("--peer-command names a program, but is empty."));

    /// <summary>The same by another name.</summary>
    public LlamaBench Named(string name)
    {
        _name = name;
        return this;
    }

    /// <inheritdoc/>
    public IContender Prepare(BenchPlan plan, int threads, LogitsComparison comparison, CancellationToken cancellation) =>
        new Contender(Name, _words[0], [.. _words[1..], .. OptionsFor(plan, threads)], plan, command, log);

    /// <summary>
    /// The options that say what to measure. Those that every llama-bench has at these values are left out, since older ones lack some.
    /// </summary>
    internal IEnumerable<string> OptionsFor(BenchPlan plan, int threads)
    {
        List<string> options =
            ["-m", path, "-p", Text(plan.PromptTokens), "-n", Text(plan.GeneratedTokens), "-t", Text(threads), "-o", "json"];
        if (!_words.Contains("-r"))
            options.AddRange(["-r", "1"]);
        if (plan.Depth > 0)
            options.AddRange(["-d", Text(plan.Depth)]);
        if (flashAttention is bool on)
            options.AddRange(["-fa", on ? "1" : "0"]);
        if (cache != PeerCacheFormat.F16)
            options.AddRange(["-ctk", cache.ToString().ToLowerInvariant(), "-ctv", cache.ToString().ToLowerInvariant()]);
        return options;
    }

    /// <summary>
    /// The rates that llama-bench's JSON states: of a prompt and of decoding, in tokens per second; null for what is not there.
    /// </summary>
    /// <exception cref="CliException">It is no such JSON.</exception>
    internal static (double? Prompt, double? Decode, string Detail) Parse(string output, string name)
    {
        int start = output.IndexOf('[', StringComparison.Ordinal);
        try
        {
            using JsonDocument json = JsonDocument.Parse(start < 0 ? "" : output[start..]);
            double? prompt = null, decode = null;
            string detail = "";
            foreach (JsonElement test in json.RootElement.EnumerateArray())
            {
                int promptTokens = test.GetProperty("n_prompt").GetInt32(), generated = test.GetProperty("n_gen").GetInt32();
                double rate = test.TryGetProperty("samples_ts", out JsonElement samples) && samples.GetArrayLength() > 0
                    ? Statistics.Median([.. samples.EnumerateArray().Select(sample => sample.GetDouble())])
                    : test.GetProperty("avg_ts").GetDouble();
                if (promptTokens > 0 && generated == 0)
                    prompt = rate;
                else if (generated > 0 && promptTokens == 0)
                    decode = rate;
                if (test.TryGetProperty("build_commit", out JsonElement commit))
                    detail = "build " + commit.GetString();
            }

            return (prompt, decode, detail);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CliException($"{name} wrote no JSON of llama-bench's to its standard output: {e.Message}", e);
        }
    }

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed class Contender(string name, string program, string[] args, BenchPlan plan, string command, Action<string>? log)
        : IContender
    {
        private readonly List<double> _promptRates = [], _decodeRates = [];
        private readonly List<double> _residentBytes = [];
        private string _detail = "";

        public string Name => name;

        public void TakeTurn(CancellationToken cancellation)
        {
            ChildProcess child = ChildProcess.Run(program, args, "", log, cancellation);
            (double? prompt, double? decode, _detail) = Parse(child.Output, name);
            Keep(_promptRates, prompt, plan.PromptTokens, "prompt");
            Keep(_decodeRates, decode, plan.GeneratedTokens, "decoding");
            _residentBytes.Add(child.PeakResidentBytes);
        }

        public EngineRun ToRun() => new()
        {
            Name = name,
            Detail = $"{command}{(_detail.Length > 0 ? $" ({_detail})" : "")}",
            PromptRates = [.. _promptRates],
            DecodeRates = [.. _decodeRates],
            LoadMilliseconds = null,
            ResidentBytes = _residentBytes.Max() > 0 ? (long)Statistics.Median([.. _residentBytes]) : null,
            IsFreshEachRound = true,
        };

        public void Dispose()
        {
            // Every process has ended with its turn.
        }

        private void Keep(List<double> rates, double? rate, int tokens, string what)
        {
            if (tokens > 0)
                rates.Add(rate ?? throw new CliException($"{name} measured no {what} of {Text(tokens)} tokens."));
        }
    }
}
