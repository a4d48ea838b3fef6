using System;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Sampling;

namespace Llamalith.Stories;

/// <summary>The command line: what was asked for, and what goes wrong in one line.</summary>
internal static class Program
{
    private const int Failed = 1;
    private const string AnyStory = "Tell a story.";

    public static int Main(string[] args)
    {
        if (OperatingSystem.IsWindows())
            Console.OutputEncoding = Encoding.UTF8;
        Argument<string?> wish = new("wish") { Arity = ArgumentArity.ZeroOrOne,
            Description = "What you would like, as \"Tell a story about a fox and a kite. Make it happy.\" Default: any story." };
        Option<string?> system =
            new("--system") { HelpName = "text", Description = "An instruction for the answer, as \"Always call me Captain.\"" };
        Option<string?> model = new("--model") { HelpName = "file",
            Description = "Another model of the same shape, or stories260K.bin, in any format. Default: the one that is built in." };
        Option<string?> tokenizer =
            new("--tokenizer") { HelpName = "file", Description = "Its tokenizer. Default: tokenizer.model or tokenizer.bin beside it." };
        Option<string?> prompt =
            new("--prompt") { HelpName = "text", Description = "How a story begins that the model goes on with, instead of a wish." };
        Option<int> tokens = new("--tokens") { HelpName = "count", Description = "Most new tokens.", DefaultValueFactory = _ => 256 };
        Option<int> threads = new("--threads") { HelpName = "count",
            Description = "Threads that run the model. More than one only pays off for larger models.", DefaultValueFactory = _ => 1 };
        Option<float> temperature = new("--temperature") { HelpName = "number",
            Description = "0 always takes the likeliest token; higher is bolder.", DefaultValueFactory = _ => 1 };
        Option<float> topP = new("--top-p") { HelpName = "share", Description =
            "Draw from the likeliest tokens that together have this probability. 1: from all.", DefaultValueFactory = _ => 0.9f };
        Option<int> topK = new("--top-k") { HelpName = "count", Description = "Draw from so many of the likeliest tokens. 0: from all.",
            DefaultValueFactory = _ => 0 };
        Option<float> minP = new("--min-p") { HelpName = "share", Description =
            "Draw from tokens that are at least this share as likely as the likeliest. 0: from all.", DefaultValueFactory = _ => 0 };
        Option<ulong?> seed = new(
            "--seed") { HelpName = "number", Description = "The same seed tells the same story again. Default: another one each time." };
        // What looks like an option and is none would be taken for a wish.
        wish.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: ['-', ..] unknown }])
                result.AddError($"There is no option '{unknown}'.");
        });
        RootCommand command = new("Tells a story with a small Llama that was compiled into this program, weights and all.")
        {
            wish, system, model, tokenizer, prompt, tokens, threads, temperature, topP, topK, minP, seed,
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(tokens) < 0)
                return Fail($"--tokens must be 0 or more. It was {parsed.GetValue(tokens)}.");
            if (parsed.GetValue(threads) < 1)
                return Fail($"--threads must be 1 or more. It was {parsed.GetValue(threads)}.");
            if (parsed.GetValue(prompt) is not null && (parsed.GetValue(wish) ?? parsed.GetValue(system)) is not null)
                return Fail("--prompt begins a story, and a wish or --system asks for one: both at once make no sense.");
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
            string? asked = parsed.GetValue(wish) ?? (parsed.GetValue(system) is not null
                || (parsed.GetValue(model) is null && parsed.GetValue(prompt) is null) ? AnyStory : null);
            return Tell(new StoryRequest(
                parsed.GetValue(model), parsed.GetValue(tokenizer), asked, parsed.GetValue(system), parsed.GetValue(prompt),
                parsed.GetValue(tokens), parsed.GetValue(threads), sampling));
        });

        // A wish may begin with @, which is no file of options.
        ParseResult result = command.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        return result.Errors.Count > 0 && result.Action is not System.CommandLine.Help.HelpAction
            ? Fail(string.Join(' ', result.Errors.Select(error => error.Message)))
            : result.Invoke();
    }

    private static int Tell(StoryRequest request)
    {
        try
        {
            return StoryTeller.Tell(request);
        }
        catch (Exception error) when (error is ModelFormatException or ModelMismatchException or ContextFullException or IOException
            or UnauthorizedAccessException)
        {
            return Fail(error.Message);
        }
    }

    /// <summary>Says something on standard error, which may be closed or full: nothing depends on it.</summary>
    public static void Say(string line)
    {
        try
        {
            Console.Error.WriteLine(line);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Nobody hears it.
        }
    }

    private static int Fail(string message)
    {
        Say($"error: {string.Join(' ', message.Split('\n').Select(line => line.Trim()))}");
        return Failed;
    }
}
