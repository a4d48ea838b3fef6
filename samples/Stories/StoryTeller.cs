using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Tokenization;

namespace Llamalith.Stories;

/// <summary>Loads the model, lets it tell, and says how fast it was.</summary>
internal static class StoryTeller
{
    // As shells report a program that Ctrl+C ended.
    private const int Interrupted = 130;

    /// <summary>Writes the prompt and its continuation to standard output as they are made, then one line of figures to standard error.</summary>
    /// <returns>The exit code.</returns>
    public static int Tell(StoryRequest request)
    {
        using CancellationTokenSource interrupt = new();
        using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
        {
            // The second time it is meant.
            signal.Cancel = !interrupt.IsCancellationRequested;
            interrupt.Cancel();
        });

        using Checkpoint checkpoint = Checkpoint.Open(request.ModelPath);
        using Stories260K model = Stories260K.Load(checkpoint, new LoadOptions { Threads = request.Threads });
        Tokenizer tokenizer = request.TokenizerPath is { } path ? TokenizerLoader.Open(path, model.Shape.VocabSize) : checkpoint.OpenTokenizer();
        TextGenerator generator = new(model, tokenizer, request.Sampling);
        TextGeneration story = generator.Start(
            request.Prompt ?? "", new GenerationOptions { MaxTokens = request.MaxTokens, EchoPrompt = true }, interrupt.Token);

        using ConsoleText console = new();
        // The prompt is there to read while the model reads it too.
        if (story.MoveNext())
        {
            console.Write(story.Utf8Text);
            console.Flush();
        }
        while (story.MoveNext())
            console.Write(story.Utf8Text);
        console.Write("\n"u8);
        console.Flush();

        GenerationUsage usage = story.Usage;
        Console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"prompt_tok_s={usage.PromptTokensPerSecond:F1} decode_tok_s={usage.DecodeTokensPerSecond:F1} ttft_ms={usage.TimeToFirstToken.TotalMilliseconds:F3} isa={model.InstructionSet} threads={model.Threads}"));
        return story.FinishReason == FinishReason.Cancelled ? Interrupted : 0;
    }
}
