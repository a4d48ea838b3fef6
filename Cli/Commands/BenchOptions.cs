using System;
using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Linq;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Cli.Commands;

/// <summary>The options that measuring verbs share.</summary>
internal sealed class BenchOptions
{
    private const int MostRows = 64;

    private readonly Option<int> prompt = CountOption.Create("--prompt", "-p", 512, 0, "Tokens of the prompt; 0 for none.");
    private readonly Option<int> generated = CountOption.Create("--tokens", "-n", 128, 0, "Tokens to decode one by one; 0 for none.");
    private readonly Option<int> depth = CountOption.Create("--depth", "-d", 0, 0, "Tokens in the cache before either.");
    private readonly Option<int> repetitions = CountOption.Create("--repetitions", "-r", 5, 1, "Rounds to take the medians of.");
    private readonly Option<int[]> threads = new("--threads", "-t")
    {
        Description = "Numbers of threads, as in 1,2,4.",
        CustomParser = result => ParseCounts(result, "-t", "numbers of threads", ThreadsOption.Most),
        DefaultValueFactory = _ => [Environment.ProcessorCount],
    };

    private readonly Option<int[]> rows = new("--rows")
    {
        Description = "Numbers of tokens to decode at once, as in 1,2,4,8.",
        CustomParser = result => ParseCounts(result, "--rows", "numbers of tokens", MostRows),
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> output = Choice("--output", "-o", "table", ["json"], "How to write the result.");
    private readonly Option<string> cache =
        Choice("--kv", null, "f16", ["f32", "int8"], "Element type of the KV cache; int8 is llama.cpp's q8_0.");
    private readonly Option<string> attention =
        Choice("--peer-attention", null, "auto", ["on", "off"], "llama.cpp's flash attention; auto is the faster.");
    private readonly Option<string?> save = new Option<string?>("--save")
    {
        HelpName = "file",
        Description = "Also write a measurement that `chart` draws: the results with processor, date, version and command.",
    }.RejectEmpty();

    private readonly Option<bool> verbose = new("--verbose") { Description = "Let llama.cpp log to standard error." };

    /// <summary>Puts the options on a verb.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[prompt, generated, rows, depth, repetitions, threads, output, save, cache, attention, verbose])
            command.Options.Add(option);
    }

    /// <summary>What the command line says.</summary>
    public BenchRequest Read(ParseResult result, string path) => new()
    {
        Path = path,
        Threads = result.GetRequiredValue(threads),
        Plan = new BenchPlan
        {
            PromptTokens = result.GetValue(prompt),
            GeneratedTokens = result.GetValue(generated),
            Rows = result.GetRequiredValue(rows),
            Depth = result.GetValue(depth),
            Repetitions = result.GetValue(repetitions),
        },
        Cache = Enum.Parse<KvFormat>(result.GetRequiredValue(cache), ignoreCase: true),
        PeerFlashAttention = result.GetValue(attention) switch { "on" => true, "off" => false, _ => null },
        Json = result.GetValue(output) == "json",
        SavePath = result.GetValue(save),
        Command =
            string.Join(' ', result.Tokens.Select(token => Quoted(token.Value == path ? System.IO.Path.GetFileName(path) : token.Value))
                .Prepend("llamalith")),
        Verbose = result.GetValue(verbose),
    };

    private static Option<string> Choice(string name, string? alias, string usual, string[] others, string description)
    {
        Option<string> option = new(name, alias is null ? [] : [alias]) { Description = description, DefaultValueFactory = _ => usual };
        return option.AcceptOnlyFromAmong([usual, .. others]);
    }

    private static string Quoted(string word) => word.Contains(' ', StringComparison.Ordinal) ? $"\"{word}\"" : word;

    private static int[] ParseCounts(ArgumentResult result, string option, string what, int most)
    {
        List<int> counts = [];
        foreach (string part in result.Tokens.SelectMany(t => t.Value.Split(',')))
        {
            if (!int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count < 1 || count > most)
            {
                result.AddError($"{option} wants {what} from 1 to {most}, as in 1,2,4, but has '{part}'.");
                return [];
            }

            if (!counts.Contains(count))
                counts.Add(count);
        }

        return [.. counts];
    }
}
