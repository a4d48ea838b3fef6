using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using Llamalith.Cli.Models;

namespace Llamalith.Cli.Commands;

/// <summary>The argument and options of verbs that take a model: which, and how it is to be compiled and run.</summary>
internal sealed class ModelOptions
{
    /// <summary>The model.</summary>
    public Argument<string> File { get; } =
        new Argument<string>("FILE") { Description =
            "The model: a GGUF or packed file, a folder with safetensors, or a llama2.c checkpoint." }.RejectEmpty();

    /// <summary>Its tokenizer.</summary>
    public Option<string?> Tokenizer { get; } = new Option<string?>("--tokenizer")
    {
        HelpName = "file",
        Description =
            "The tokenizer (tokenizer.json, tokenizer.model, tokenizer.bin or a GGUF file). Default: the one within the model's file or "
                + "beside it.",
    }.RejectEmpty();

    /// <summary>Most positions.</summary>
    public Option<int?> Context { get; } = new("--ctx")
    {
        HelpName = "positions",
        Description = string.Create(CultureInfo.InvariantCulture,
            $"Most positions of a sequence. Default: the model's, though no more than {Compilation.ModelClass.UsualContext}."),
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0)
                return value;
            result.AddError($"--ctx must be a number of positions, at least 1, but is '{text}'.");
            return null;
        },
    };

    /// <summary>How the cache is stored.</summary>
    public Option<KvFormat> Cache { get; } = KvFormatOption();

    /// <summary>Threads that run it.</summary>
    public Option<int?> Threads { get; } = ThreadsOption.CreateForModel();

    /// <summary>Adapters that are merged into it: of verbs that run it.</summary>
    public Option<string[]> Lora { get; } = LoraOption.Create();

    /// <summary>All options, in the order of the help.</summary>
    public IEnumerable<Option> All => [Threads, Context, Cache, Tokenizer];

    /// <summary>What the command line says.</summary>
    public ModelRequest Read(ParseResult result) => new()
    {
        Path = result.GetRequiredValue(File),
        Adapters = result.CommandResult.Command.Options.Contains(Lora) ? LoraOption.Read(Lora, result) : [],
        TokenizerPath = result.GetValue(Tokenizer),
        Context = result.GetValue(Context),
        KvCache = result.GetValue(Cache),
        Threads = result.GetValue(Threads),
    };

    // Every format that a class can declare is one that can be asked for, in lower case.
    private static Option<KvFormat> KvFormatOption()
    {
        string[] names = Enum.GetNames<KvFormat>();
        Option<KvFormat> option = new("--kv")
        {
            HelpName = string.Join('|', names).ToLowerInvariant(),
            Description = "How the KV cache stores its numbers.",
            DefaultValueFactory = _ => default,
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                foreach (string name in names)
                {
                    if (string.Equals(name, text, StringComparison.OrdinalIgnoreCase))
                        return Enum.Parse<KvFormat>(name);
                }

                result.AddError($"--kv must be one of {string.Join(", ", names).ToLowerInvariant()}, but is '{text}'.");
                return default;
            },
        };
        return option;
    }
}
