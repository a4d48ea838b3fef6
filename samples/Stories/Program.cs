using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Sampling;

namespace Llamalith.Stories;

/// <summary>The command line: what was asked for, and what goes wrong in one line.</summary>
internal static class Program
{
    private const int Failed = 1;

    public static int Main(string[] args)
    {
        Option<string> model = new("--model") { Required = true, HelpName = "file", Description = "The model: stories260K.bin, or the same model in another format." };
        Option<string?> tokenizer = new("--tokenizer") { HelpName = "file", Description = "Its tokenizer. Default: tokenizer.model or tokenizer.bin beside it." };
        Option<string?> prompt = new("--prompt") { HelpName = "text", Description = "How the story begins. Default: the model begins." };
        Option<int> tokens = new("--tokens") { HelpName = "count", Description = "Most new tokens.", DefaultValueFactory = _ => 256 };
        Option<int> threads = new("--threads") { HelpName = "count", Description = "Threads that run the model. More than one only pays off for larger models.", DefaultValueFactory = _ => 1 };
        Option<float> temperature = new("--temperature") { HelpName = "number", Description = "0 always takes the likeliest token; higher is bolder.", DefaultValueFactory = _ => 1 };
        Option<float> topP = new("--top-p") { HelpName = "share", Description = "Draw from the likeliest tokens that together have this probability. 1: from all.", DefaultValueFactory = _ => 0.9f };
        Option<int> topK = new("--top-k") { HelpName = "count", Description = "Draw from so many of the likeliest tokens. 0: from all.", DefaultValueFactory = _ => 0 };
        Option<float> minP = new("--min-p") { HelpName = "share", Description = "Draw from tokens that are at least this share as likely as the likeliest. 0: from all.", DefaultValueFactory = _ => 0 };
        Option<ulong?> seed = new("--seed") { HelpName = "number", Description = "The same seed tells the same story again. Default: another one each time." };
        RootCommand command = new("Tells a story with a small Llama that was compiled into this program.")
        {
            model, tokenizer, prompt, tokens, threads, temperature, topP, topK, minP, seed,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(tokens) < 0)
                return Fail($"--tokens must be 0 or more. It was {parsed.GetValue(tokens)}.");
            if (parsed.GetValue(threads) < 1)
                return Fail($"--threads must be 1 or more. It was {parsed.GetValue(threads)}.");
            SamplingOptions sampling;
            try
            {
                sampling = new SamplingOptions
                {
                    Temperature = parsed.GetValue(temperature),
                    TopP = parsed.GetValue(topP),
                    TopK = parsed.GetValue(topK),
                    MinP = parsed.GetValue(minP),
                    Seed = parsed.GetValue(seed),
                };
            }
            catch (ArgumentOutOfRangeException error)
            {
                return Fail($"{error.Message.Split(" (")[0]} It was {error.ActualValue}.");
            }
            return Tell(new StoryRequest(
                parsed.GetRequiredValue(model), parsed.GetValue(tokenizer), parsed.GetValue(prompt), parsed.GetValue(tokens), parsed.GetValue(threads), sampling));
        });

        ParseResult result = command.Parse(args);
        return result.Errors.Count > 0 && result.Action is not System.CommandLine.Help.HelpAction
            ? Fail(result.Errors[0].Message)
            : result.Invoke();
    }

    private static int Tell(StoryRequest request)
    {
        try
        {
            return StoryTeller.Tell(request);
        }
        catch (Exception error) when (error is ModelFormatException or ModelMismatchException or ContextFullException or IOException or UnauthorizedAccessException)
        {
            return Fail(error.Message);
        }
    }

    private static int Fail(string message)
    {
        Console.Error.WriteLine($"error: {string.Join(' ', message.Split('\n').Select(line => line.Trim()))}");
        return Failed;
    }
}
