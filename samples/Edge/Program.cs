using System;
using System.Globalization;
using System.IO;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Sampling;
using Llamalith.Tokenization;

namespace Llamalith.Edge;

/// <summary>Text from a model, in a program that is small and there at once.</summary>
internal static class Program
{
    private const int Failed = 1;
    private const int Misused = 2;

    private static int Main(string[] args)
    {
        (EdgeArguments arguments, string? problem) = EdgeArguments.Parse(args);
        if (problem is not null)
        {
            Say($"error: {problem}\n{EdgeArguments.Usage}");
            return Misused;
        }

        try
        {
            Write(arguments);
            return 0;
        }
        catch (Exception error) when (error is ModelFormatException or ModelMismatchException or ContextFullException or IOException
            or UnauthorizedAccessException
            or PlatformNotSupportedException)
        {
            Say($"error: {error.Message}\n");
            return Failed;
        }
    }

    private static void Write(EdgeArguments arguments)
    {
        using Checkpoint checkpoint = arguments.Model is { } file
            ? Checkpoint.Open(file) : Checkpoint.OpenEmbedded(typeof(Storyteller).Assembly, Storyteller.WeightsName);
        using Storyteller model = Storyteller.Load(checkpoint, new LoadOptions { Threads = arguments.Threads });
        Tokenizer tokenizer =
            arguments.Tokenizer is { } path ? TokenizerLoader.Open(path, model.Shape.VocabSize) : checkpoint.OpenTokenizer();
        TextGenerator generator = new(model, tokenizer, new SamplingOptions { Temperature = arguments.Temperature, Seed = arguments.Seed });
        BakedPrompt wish = Storyteller.Prompts.Story;

        // Keys and values of the wish are those of the weights within.
        if (arguments is { Prompt: null, Model: null })
            generator.Begin(wish);
        TextGeneration text = generator.Start(arguments.Prompt ?? wish.Text,
            new GenerationOptions { MaxTokens = arguments.Tokens, EchoPrompt = arguments.Prompt is not null });

        // Not Console.Out: text is UTF-8 already, and encodings take room.
        using Stream output = Console.OpenStandardOutput();
        if (text.MoveNext())
        {
            // An answer's first word comes with the space before it.
            output.Write(arguments.Prompt is null ? text.Utf8Text.TrimStart((byte)' ') : text.Utf8Text);
        }

        long before = GC.GetTotalAllocatedBytes(precise: true);
        while (text.MoveNext())
            output.Write(text.Utf8Text);
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        output.WriteByte((byte)'\n');
        if (arguments.Figures)
        {
            GenerationUsage usage = text.Usage;
            Say(string.Create(
                CultureInfo.InvariantCulture,
                $"decode_tok_s={usage.DecodeTokensPerSecond:F1} ttft_ms={usage.TimeToFirstToken.TotalMilliseconds:F3} "
                    + $"prefilled={usage.CachedPromptTokens}/{usage.PromptTokens} allocated={allocated} isa={model.InstructionSet} "
                    + $"threads={model.Threads}\n"));
        }
    }

    private static void Say(string text)
    {
        try
        {
            using Stream error = Console.OpenStandardError();
            error.Write(Encoding.UTF8.GetBytes(text));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is closed or full: nobody hears it.
        }
    }
}
