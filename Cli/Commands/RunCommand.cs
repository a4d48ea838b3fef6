using System;
using System.CommandLine;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Constraints;
using Llamalith.Generation;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith run`: continues a text.</summary>
internal static class RunCommand
{
    // As shells report a program that Ctrl+C ended.
    private const int Interrupted = 130;

    // Asking whether anyone still reads takes a tenth of a small model's token.
    private const int TokensBetweenLooks = 16;

    /// <summary>The verb.</summary>
    /// <param name="engines">Where engines come from.</param>
    public static Command Create(EngineBuilder engines)
    {
        ModelOptions model = new();
        TextOptions prompt = new("The text to continue. Default: none, the model begins.");
        Option<int> tokens = CountOption.Create("--tokens", "-n", 256, 0, "Most new tokens.");
        ConstraintOptions constraint = new();
        Option<bool> special = new("--special") { Description = "Let names of control tokens in the prompt, such as <|eot_id|>, be these tokens, as chat templates need it." };
        SamplingChoices choices = new();
        Command command = new("run", "Compile a model (once) and let it continue a text, which goes to standard output as it is made.")
        {
            model.File,
        };
        foreach (Option option in (Option[])[.. prompt.All, special, tokens, .. choices.All,
            constraint.Schema, constraint.Grammar, constraint.Regex, constraint.Json, constraint.Plain, .. model.All, model.Lora])
            command.Options.Add(option);
        command.SetAction((result, cancellation) =>
        {
            ModelRequest request = model.Read(result);
            Constraint? held = constraint.Read(result);
            GenerationOptions options = new()
            {
                MaxTokens = result.GetValue(tokens),
                Sampling = choices.Read(result),
                Constraint = held,
                EchoPrompt = held is null,
                ParseSpecial = result.GetValue(special),
            };

            // On another thread, since nothing hears Ctrl+C as long as this one is busy.
            return Task.Run(() => Run(engines, request, prompt.Read(result) ?? "", options, result.InvocationConfiguration, cancellation), cancellation);
        });
        return command;
    }

    private static int Run(
        EngineBuilder engines, ModelRequest request, string prompt, GenerationOptions options, InvocationConfiguration console, CancellationToken cancellation)
    {
        ProgressBars bars = ProgressBars.On(console.Error);
        using RunningModel running = RunningModel.Open(request, engines, bars, cancellation);
        ReportingModel reporting = new(running.Model);
        TextGenerator generator = new(bars.AreVisible ? reporting : running.Model, running.Tokenizer);
        if (running.Tokenizer.BosId < 0 && running.Tokenizer.Encode(prompt).Length == 0)
            throw new CliException("This model has no token that begins a text, so it cannot begin by itself: -p or -f must give it something to continue.");
        TextGeneration text = generator.Start(prompt, options, cancellation);
        StreamedText output = new(console.Output, dropControls: console.Output == Console.Out && !Console.IsOutputRedirected);
        try
        {
            if (bars.AreVisible && options.EchoPrompt && text.Usage.PromptTokens > ReportingModel.Piece)
                ShowPrompt(text, output, bars, reporting);
            for (int token = 1; text.MoveNext() && (token % TokensBetweenLooks != 0 || IsHeard(console)); token++)
                output.Write(text.Utf8Text);
        }
        catch (ArgumentException e)
        {
            // From the sampler: the weights are of the right shape, but make no sense.
            throw new CliException($"{request.Path}: the model computes logits that nothing can be chosen by. {e.Message}", e);
        }
        catch (InvalidOperationException e) when (options.Constraint is not null)
        {
            throw new CliException($"{request.Path}: {e.Message}", e);
        }
        finally
        {
            output.Write("\n"u8);
            output.Flush();
        }

        if (text.FinishReason == FinishReason.ContextFull)
        {
            console.Error.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"The context of {running.Model.Shape.Context} positions is full after {text.Usage.GeneratedTokens} of the {options.MaxTokens} tokens that -n allows."));
        }

        if (options.Constraint is not null && text.FinishReason == FinishReason.Length)
            console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"The text is not complete after the {options.MaxTokens} tokens that -n allows."));

        GenerationUsage usage = text.Usage;
        console.Error.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"prompt_tok_s={usage.PromptTokensPerSecond:F1} decode_tok_s={usage.DecodeTokensPerSecond:F1} ttft_ms={usage.TimeToFirstToken.TotalMilliseconds:F3} start_ms={running.UntilLoading.TotalMilliseconds:F0} load_ms={running.Loading.TotalMilliseconds:F0} isa={running.Model.InstructionSet} threads={running.Model.Threads} seed={text.Seed}"));
        return text.FinishReason == FinishReason.Cancelled ? Interrupted : 0;
    }

    private static bool IsHeard(InvocationConfiguration console) => console.Output != Console.Out || StandardStreams.OutputHasReader;

    // A bar must not stand within a line of text, so the prompt is written when the model has read it.
    private static void ShowPrompt(TextGeneration text, StreamedText output, ProgressBars bars, ReportingModel model)
    {
        text.MoveNext();
        byte[] prompt = text.Utf8Text.ToArray();
        bars.Run("reading the prompt", progress =>
        {
            model.Progress = progress;
            return text.MoveNext();
        });
        output.Write(prompt);
        output.Write(text.Utf8Text);
    }
}
