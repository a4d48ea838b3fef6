using System.CommandLine;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith random`: writes a model with random weights, to measure with.</summary>
internal static class RandomCommand
{
    public static Command Create()
    {
        string names = string.Join(", ", ModelPresets.All.Select(preset => preset.Key));
        Argument<ModelShape> preset = new("PRESET")
        {
            Description = $"Whose shape: {names}.",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (ModelPresets.TryGet(text, out ModelShape shape))
                    return shape;
                result.AddError($"PRESET must be one of {names}, but is '{text}'.");
                return null;
            },
        };
        Argument<QuantizationPreset> format = FormatArgument.Create();
        Argument<string> output = new Argument<string>("OUT") { Description = "The GGUF file to write." }.RejectEmpty();
        Option<string> tokenizer = new Option<string>("--tokenizer")
        {
            HelpName = "file",
            Required = true,
            Description =
                "The tokenizer to embed: a tokenizer.json, tokenizer.model, tokenizer.bin or GGUF file with as many tokens as the shape.",
        }.RejectEmpty();
        Option<int> seed = CountOption.Create("--seed", "--seed", 1, 0, "The same seed gives the same file.");
        Option<int> threads = ThreadsOption.Create("Threads that write.");
        Option<int> context = CountOption.Create("--ctx", "--ctx", 0, 0, "Positions of the context; 0 for the published model's.");
        WritingCommand command =
            new("random", "Write a GGUF file of a published model's shape with small random weights, for benchmarks.") { preset, format,
                output, tokenizer, seed, threads, context };
        command.SetAction((result, cancellation) => Task.Run(
            () =>
            {
                RandomModelOptions options = new()
                {
                    Seed = result.GetValue(seed),
                    Threads = result.GetValue(threads),
                    Tokenizer = TokenizerLoader.OpenAsGguf(result.GetRequiredValue(tokenizer)),
                    Cancellation = cancellation,
                };
                ModelShape shape = result.GetRequiredValue(preset);
                if (result.GetValue(context) is > 0 and int positions)
                    shape = shape with { Context = positions };
                return Run(shape, result.GetValue(format), result.GetRequiredValue(output), options, result.InvocationConfiguration);
            },
            cancellation));
        return command;
    }

    private static int Run(
        ModelShape shape, QuantizationPreset format, string path, RandomModelOptions options, InvocationConfiguration console)
    {
        _ = ProgressBars.On(console.Error).Run("writing", progress =>
        {
            RandomModel.Write(path, shape, format, options with { Progress = progress });
            return true;
        });
        console.Output.ReportLine($"{path}: {format}, {Quantity.Bytes(new FileInfo(path).Length)}");
        return 0;
    }
}
