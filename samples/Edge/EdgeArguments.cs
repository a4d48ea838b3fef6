using System;
using System.Globalization;

namespace Llamalith.Edge;

/// <summary>The command line, read by hand: a library for it would be larger than the rest of the program.</summary>
internal sealed class EdgeArguments
{
    public const string Usage = """
        usage: edge [--prompt TEXT] [--tokens COUNT] [--temperature NUMBER] [--seed NUMBER] [--threads COUNT]
                    [--model FILE [--tokenizer FILE]] [--figures]
          --prompt       how a story begins; default: the model is asked for any story, by the prompt that was prefilled when this was built
          --tokens       most new tokens; default 256
          --temperature  0 always takes the likeliest token, higher is bolder; default 0.8
          --seed         the same seed writes the same text again; default: another one each time
          --model        other weights of the same shape: a GGUF file, or a llama2.c checkpoint; default: those within this program
          --tokenizer    their tokenizer; default: the one in the GGUF file, or tokenizer.model or tokenizer.bin beside the weights
          --threads      threads that run the model; default: as many as its size is worth
          --figures      says on the error output how fast it was

        """;

    public string? Model { get; private set; }

    public string? Tokenizer { get; private set; }

    public string? Prompt { get; private set; }

    public int Tokens { get; private set; } = 256;

    public float Temperature { get; private set; } = 0.8f;

    public ulong? Seed { get; private set; }

    public int? Threads { get; private set; }

    public bool Figures { get; private set; }

    /// <summary>The arguments; what is wrong with them, where something is.</summary>
    public static (EdgeArguments Arguments, string? Problem) Parse(string[] args)
    {
        EdgeArguments arguments = new();
        for (int i = 0; i < args.Length; i++)
        {
            string name = args[i];
            if (name == "--figures")
            {
                arguments.Figures = true;
                continue;
            }

            if (i + 1 == args.Length)
            {
                return (arguments,
                    name.StartsWith("--", StringComparison.Ordinal) ? $"{name} is unknown, or its value is missing." : $"What is {name}?");
            }

            string value = args[++i];
            bool understood;
            switch (name)
            {
                case "--model":
                    understood = value.Length > 0;
                    arguments.Model = value;
                    break;
                case "--tokenizer":
                    understood = value.Length > 0;
                    arguments.Tokenizer = value;
                    break;
                case "--prompt":
                    understood = true;
                    arguments.Prompt = value;
                    break;
                case "--tokens":
                    understood = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int tokens);
                    arguments.Tokens = tokens;
                    break;
                case "--temperature":
                    understood = float.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out float temperature);
                    arguments.Temperature = temperature;
                    break;
                case "--seed":
                    understood = ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed);
                    arguments.Seed = seed;
                    break;
                case "--threads":
                    understood = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads > 0;
                    arguments.Threads = threads;
                    break;
                default:
                    return (arguments, $"{name} is unknown.");
            }

            if (!understood)
                return (arguments, $"{name} {value} makes no sense.");
        }

        return (arguments, arguments is { Model: null, Tokenizer: not null } ? "--tokenizer is that of --model, which is missing." : null);
    }
}
