using System.CommandLine;
using Llamalith.Cli.Models;
using Llamalith.Contracts;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith inspect`: says what a model is, what it takes, and how to write its class.</summary>
internal static class InspectCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Command command = new("inspect", "Show a model's hyperparameters, tensors, tokenizer and memory, and the [LlamaModel] to paste.")
        {
            model.File, model.Context, model.Cache, model.Tokenizer,
        };
        command.SetAction(result =>
        {
            ModelRequest request = model.Read(result);
            using Checkpoint checkpoint = Checkpoint.Open(request.Path);
            new ModelReport(checkpoint, request).Write(result.InvocationConfiguration.Output);
            return 0;
        });
        return command;
    }
}
