using System;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading;
using Llamalith.Chat;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Tokenization;

namespace Llamalith.Stories;

/// <summary>Loads the model, lets it tell, and says how fast it was.</summary>
internal static class StoryTeller
{
    // As shells report a program that Ctrl+C ended.
    private const int Interrupted = 130;

    /// <summary>
    /// Writes the prompt and its continuation, or the answer to the wish, to standard output as they are made, then one line of figures to
    /// standard error.
    /// </summary>
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

        using Checkpoint checkpoint =
            request.ModelPath is { } file ? Checkpoint.Open(file) : Checkpoint.OpenEmbedded(typeof(Fable).Assembly, Fable.WeightsName);
        using ILlamaModel model = Load(checkpoint, request);
        Tokenizer tokenizer =
            request.TokenizerPath is { } path ? TokenizerLoader.Open(path, model.Shape.VocabSize) : checkpoint.OpenTokenizer();
        TextGenerator generator = new(model, tokenizer, request.Sampling);
        GenerationOptions options = new() { MaxTokens = request.MaxTokens, EchoPrompt = request.Wish is null };
        TextGeneration story = request.Wish is { } wish
            ? generator.Start(Llama2ChatTemplate.Encode(tokenizer, [new ChatTurn(wish)], request.System).Tokens, options, interrupt.Token)
            : generator.Start(request.Prompt ?? "", options, interrupt.Token);

        StreamedText console = new(Console.Out, dropControls: true);
        // The prompt is there to read while the model reads it too. An answer's first word comes with the space before it.
        if (story.MoveNext())
        {
            console.Write(request.Wish is null ? story.Utf8Text : story.Utf8Text.TrimStart((byte)' '));
            console.Flush();
        }
        while (story.MoveNext())
            console.Write(story.Utf8Text);
        console.Write("\n"u8);
        console.Flush();

        GenerationUsage usage = story.Usage;
        Program.Say(string.Create(
            CultureInfo.InvariantCulture,
            $"prompt_tok_s={usage.PromptTokensPerSecond:F1} decode_tok_s={usage.DecodeTokensPerSecond:F1} "
                + $"ttft_ms={usage.TimeToFirstToken.TotalMilliseconds:F3} isa={model.InstructionSet} threads={model.Threads}"));
        return story.FinishReason == FinishReason.Cancelled ? Interrupted : 0;
    }
    // A file says which of the two models it is by its width; what else is amiss, the model itself says.
    private static ILlamaModel Load(Checkpoint checkpoint, StoryRequest request)
    {
        LoadOptions options = new() { Threads = request.Threads };
        if (checkpoint.Shape.Dim == Fable.CompiledShape.Dim)
            return Fable.Load(checkpoint, options);
        if (request.Wish is not null)
        {
            throw new ModelMismatchException(
                $"Models of Dim = {Fable.CompiledShape.Dim} answer wishes, but {request.ModelPath} has Dim = {checkpoint.Shape.Dim}; "
                    + "--prompt begins a story.");
        }

        return Stories260K.Load(checkpoint, options);
    }
}
