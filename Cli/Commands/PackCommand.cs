using System;
using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Checkpoints;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Tools;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith pack`: writes a model in the layout that engines want, so that loading it is mapping it.</summary>
internal static class PackCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Option<string> output = new Option<string>("--output", "-o") { HelpName = "file", Required = true,
            Description = "The packed file to write, usually named .llith." }.RejectEmpty();
        Option<string> target = new Option<string>("--target") { Description =
            "The instruction set that will run it. Default: this machine's best.", DefaultValueFactory = _ => PackTargets.Here }
            .AcceptOnlyFromAmong(PackTargets.Names);
        Option<int> threads = ThreadsOption.Create("Threads that pack.");
        WritingCommand command = new("pack", "Write a model in the layout that engines want: loading it is then mapping it.") { model.File,
            output, target, threads, model.Tokenizer };
        command.SetAction((result, cancellation) => Task.Run(
            () => Run(model.Read(result) with { Threads = result.GetValue(threads) }, result.GetRequiredValue(output),
                result.GetRequiredValue(target), result.InvocationConfiguration, cancellation),
            cancellation));
        return command;
    }

    private static int Run(
        ModelRequest request, string path, string target, InvocationConfiguration console, CancellationToken cancellation)
    {
        if (Path.GetFullPath(request.Path) == Path.GetFullPath(path))
            throw new CliException($"{path} is the source itself.");
        using Checkpoint checkpoint = Checkpoint.Open(request.Path);
        if (checkpoint.Notice is { } notice)
            console.Error.WriteLine($"{checkpoint.Path}: {notice}");
        PackOptions options = new()
        {
            Target = target,
            Threads = request.Threads ?? Environment.ProcessorCount,
            Tokenizer = ModelTokenizer.ToEmbed(checkpoint, request.TokenizerPath, console.Error),
            Cancellation = cancellation,
        };
        _ = ProgressBars.On(console.Error).Run("packing", progress =>
        {
            ModelPacker.Pack(checkpoint, path, options with { Progress = progress });
            return true;
        });
        using PackedCheckpoint packed = PackedCheckpoint.Open(path);
        console.Output.ReportLine($"{path}: packed for {packed.Target} in {packed.Layout}, {Quantity.Bytes(packed.File.ByteLength)}");
        return 0;
    }
}
