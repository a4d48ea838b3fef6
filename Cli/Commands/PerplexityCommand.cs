using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Evaluation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith perplexity`: how well a model foresees a text.</summary>
internal static class PerplexityCommand
{
    private const int UsualWindow = 512;

    /// <summary>The verb.</summary>
    /// <param name="engines">Where engines come from.</param>
    public static Command Create(EngineBuilder engines)
    {
        ModelOptions model = new();
        TextOptions text = new("The text.");
        Option<int> stride =
            CountOption.Create("--stride", "--stride", 0, 0, "Tokens between the beginnings of windows. Default: half a window.");
        Option<int> most = CountOption.Create("--tokens", "-n", 0, 0, "Judge no more than so many tokens of the text; 0 for all.");
        Option<string> output = OutputOption.Create();
        model.Context.Description = string.Create(
            CultureInfo.InvariantCulture, $"Tokens in a window. Default: the model's context, though no more than {UsualWindow}.");
        Command command =
            new("perplexity", "Measure how well a model foresees a text: in sliding windows, with the error of the figure.") { model.File };
        foreach (Option option in (Option[])[.. text.All, stride, most, output, .. model.All, model.Lora])
            command.Options.Add(option);
        command.SetAction((result, cancellation) =>
        {
            // On another thread, since nothing hears Ctrl+C as long as this one is busy, or waits for a text.
            return Task.Run(
                () =>
                {
                    Request request = new(
                        model.Read(result), text.Require(result), text.NameOf(result), result.GetValue(stride), result.GetValue(most),
                        OutputOption.IsJson(result.GetRequiredValue(output)));
                    return Run(engines, request, result.InvocationConfiguration, cancellation);
                },
                cancellation);
        });
        return command;
    }

    private static int Run(EngineBuilder engines, Request request, InvocationConfiguration console, CancellationToken cancellation)
    {
        ProgressBars bars = ProgressBars.On(console.Error);
        using RunningModel running = RunningModel.Open(request.Model with { Context = Window(request) }, engines, bars, cancellation);
        TextWindows windows = Windows(running.Model.Shape.Context, request.Stride);
        Tokenizer tokenizer = running.Tokenizer;
        int? begin = tokenizer.AddBos ? tokenizer.BosId : null;
        int[] tokens = tokenizer.Encode(request.Text);
        if (request.MostTokens > 0 && tokens.Length > request.MostTokens)
            tokens = tokens[..request.MostTokens];
        if (tokens.Length + (begin is null ? 0 : 1) < 2)
            throw new CliException($"{request.TextName} holds no token that a model could foresee.");

        Perplexity perplexity = bars.Run("reading", progress =>
        {
            List<double> losses = new(tokens.Length);
            TokenLosses judge = new(running.Model);
            foreach (Window window in windows.Over(tokens, begin))
            {
                double[] some = new double[window.Tokens.Length - window.First];
                judge.Compute(window.Tokens, window.First, some, cancellation);
                losses.AddRange(some);
                progress?.Report((double)losses.Count / tokens.Length);
            }

            return Perplexity.Of(losses);
        });
        Write(console.Output, perplexity, windows, request.Json);
        return 0;
    }

    // The model's own context is known when its file is open, which is where too large a window is refused.
    private static int? Window(Request request)
    {
        if (request.Model.Context is int asked)
            return asked;
        using Contracts.Checkpoint checkpoint = Contracts.Checkpoint.Open(request.Model.Path);
        return Math.Min(checkpoint.Shape.Context, UsualWindow);
    }

    private static TextWindows Windows(int window, int stride)
    {
        if (window < 2)
            throw new CliException($"--ctx is {window}, but a window needs 2 tokens at least.");
        if (stride >= window)
        {
            throw new CliException(string.Create(
                CultureInfo.InvariantCulture, $"--stride is {stride}, but must be less than the {window} tokens of a window."));
        }

        return new TextWindows(window, stride > 0 ? stride : Math.Max(1, window / 2));
    }

    private static void Write(TextWriter console, Perplexity perplexity, TextWindows windows, bool json)
    {
        if (json)
        {
            PerplexityRecord record = new(perplexity.Value, perplexity.Error, perplexity.Tokens, windows.Length, windows.Stride);
            console.WriteLine(JsonSerializer.Serialize(record, PerplexityJson.Default.PerplexityRecord));
            return;
        }

        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"perplexity {perplexity.Value:F4} ± {perplexity.Error:F4} ({Quantity.Count(perplexity.Tokens, "token")} in windows of "
                + $"{windows.Length}, stride {windows.Stride})"));
    }

    private sealed record Request(ModelRequest Model, string Text, string TextName, int Stride, int MostTokens, bool Json);
}

/// <summary>The result in JSON.</summary>
internal sealed record PerplexityRecord(
    [property: JsonPropertyName("perplexity")] double Perplexity,
    [property: JsonPropertyName("error")] double Error,
    [property: JsonPropertyName("tokens")] int Tokens,
    [property: JsonPropertyName("window")] int Window,
    [property: JsonPropertyName("stride")] int Stride);

/// <summary>The JSON of `perplexity`, whose names scripts rely on.</summary>
[JsonSerializable(typeof(PerplexityRecord))]
internal sealed partial class PerplexityJson : JsonSerializerContext;
