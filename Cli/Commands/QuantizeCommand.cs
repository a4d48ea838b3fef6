using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tools;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith quantize`: writes a model in another format.</summary>
internal static class QuantizeCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Argument<string> input = new Argument<string>("IN") { Description = "The model, of any format." }.RejectEmpty();
        Argument<string> output = new Argument<string>("OUT") { Description = "The GGUF file to write." }.RejectEmpty();
        Argument<QuantizationPreset> format = FormatArgument.Create();
        Option<int> threads = ThreadsOption.Create("Threads that quantise.");
        Option<bool> again =
            new("--requantize") { Description = "Allow a source that is quantised already, though its errors then add up." };
        WritingCommand command =
            new("quantize", "Write a model as a GGUF file of another format.") { input, output, format, again, threads, model.Tokenizer };
        command.SetAction((result, cancellation) => Task.Run(
            () =>
            {
                Request request = new(result.GetRequiredValue(input), result.GetRequiredValue(output), result.GetValue(format),
                    result.GetValue(again), result.GetValue(threads), result.GetValue(model.Tokenizer));
                return Run(request, result.InvocationConfiguration, cancellation);
            },
            cancellation));
        return command;
    }

    private static int Run(Request request, InvocationConfiguration console, CancellationToken cancellation)
    {
        if (Path.GetFullPath(request.Input) == Path.GetFullPath(request.Output))
            throw new CliException($"{request.Output} is the source itself.");
        using Checkpoint checkpoint = Checkpoint.Open(request.Input);
        QuantizeOptions options = new()
        {
            Threads = request.Threads,
            AllowRequantize = request.Again,
            Cancellation = cancellation,
            Tokenizer = ModelTokenizer.ToEmbed(checkpoint, request.TokenizerPath, console.Error),
        };
        _ = ProgressBars.On(console.Error).Run("quantising", progress =>
        {
            ModelQuantizer.Quantize(checkpoint, request.Output, request.Format, options with { Progress = progress });
            return true;
        });
        console.Output.ReportLine($"{request.Output}: {request.Format}, {Quantity.Bytes(new FileInfo(request.Output).Length)}");
        return 0;
    }

    private sealed record Request(string Input, string Output, QuantizationPreset Format, bool Again, int Threads, string? TokenizerPath);
}
