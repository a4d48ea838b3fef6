using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Checkpoints;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith quantize`: writes a model in another format.</summary>
internal static class QuantizeCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Argument<string> input = new("IN") { Description = "The model, of any format." };
        Argument<string> output = new("OUT") { Description = "The GGUF file to write." };
        Argument<QuantizationPreset> format = FormatArgument.Create();
        Option<bool> again = new("--requantize") { Description = "Allow a source that is quantised already, though its errors then add up." };
        Command command = new("quantize", "Write a model as a GGUF file of another format.") { input, output, format, again, model.Threads, model.Tokenizer };
        command.SetAction((result, cancellation) => Task.Run(
            () =>
            {
                Request request = new(result.GetRequiredValue(input), result.GetRequiredValue(output), result.GetValue(format), result.GetValue(again), result.GetValue(model.Threads), result.GetValue(model.Tokenizer));
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
            Tokenizer = Tokenizer(checkpoint, request.TokenizerPath, console.Error),
        };
        _ = ProgressBars.On(console.Error).Run("quantising", progress =>
        {
            ModelQuantizer.Quantize(checkpoint, request.Output, request.Format, options with { Progress = progress });
            return true;
        });
        console.Output.WriteLine($"{request.Output}: {request.Format}, {Quantity.Bytes(new FileInfo(request.Output).Length)}");
        return 0;
    }

    // A GGUF file brings its own. Of another format the one beside the file is taken along, since a GGUF file is expected to be whole.
    private static GgufTokenizerMetadata? Tokenizer(Checkpoint checkpoint, string? path, TextWriter notices)
    {
        if (checkpoint is GgufCheckpoint)
            return path is null ? null : throw new CliException($"{checkpoint.Path} is a GGUF file, whose own tokenizer is kept: --tokenizer does not go with it.");
        if (path is not null)
            return TokenizerLoader.OpenAsGguf(path);
        try
        {
            return ModelTokenizer.Open(checkpoint, null) is SentencePieceTokenizer tokenizer ? tokenizer.ToGguf() : null;
        }
        catch (CliException e)
        {
            notices.WriteLine($"Written without a tokenizer: {e.Message}");
            return null;
        }
    }

    private sealed record Request(string Input, string Output, QuantizationPreset Format, bool Again, int Threads, string? TokenizerPath);
}
