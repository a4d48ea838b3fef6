using System;
using System.CommandLine;
using Llamalith.Checkpoints;
using Llamalith.Cli.Models;
using Llamalith.Contracts;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith inspect`: says what a model is, what it takes, and how to write its class.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Option<bool> verify =
            new("--verify") { Description = "Also read the whole file and compare it with its checksum, which packed files have." };
        Command command = new("inspect", "Show a model's hyperparameters, tensors, tokenizer and memory, and the [LlamaModel] to paste.")
        {
            model.File, model.Context, model.Cache, model.Tokenizer, verify,
        };
        command.SetAction(result =>
        {
            ModelRequest request = model.Read(result);
            using Checkpoint checkpoint = Checkpoint.Open(request.Path);
            if (result.GetValue(verify))
                Verify(checkpoint);
            new ModelReport(checkpoint, request).Write(result.InvocationConfiguration.Output);
            return 0;
        });
        return command;
    }

    private static void Verify(Checkpoint checkpoint)
    {
        if (checkpoint is not PackedCheckpoint packed)
            throw new CliException($"{checkpoint.Path} has no checksum: only packed files do.");
        packed.Verify(Environment.ProcessorCount);
    }
}
