using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith bench`: measures a model's own engine, alone or beside llama.cpp.</summary>
internal static class BenchCommand
{
    /// <summary>The verb.</summary>
    /// <param name="compile">Has an engine compiled for the requested model.</param>
    public static Command Create(Func<BenchRequest, CancellationToken, Task<EngineSource>> compile)
    {
        Argument<string> file = new Argument<string>("FILE") { Description = "The model." }.RejectEmpty();
        Option<bool> peer =
            new("--peer") { Description = "Measure llama.cpp in the same run, installing it with npm if need be, and compare logits." };
        Option<string[]> commands = new("--peer-command")
        {
            HelpName = "command",
            Description =
                "A llama-bench to measure in the same run, with options of its own, as in \"/opt/ik/llama-bench -fa 1 -rtr 1\". May be "
                    + "given several times.",
            DefaultValueFactory = _ => [],
            AllowMultipleArgumentsPerToken = false,
        };
        Option<string[]> lora = LoraOption.Create();
        BenchOptions options = new();
        Command command = new("bench",
            "Measure a model: speed of prompts and of decoding, load time, memory; beside llama.cpp with --peer.") { file, peer, commands, lora };
        options.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            BenchRequest request =
                options.Read(result, result.GetRequiredValue(file)) with
                {
                    PeerCommands = result.GetRequiredValue(commands),
                    Adapters = LoraOption.Read(lora, result),
                };
            BenchSession.Check(request);
            if (request.Adapters.Count > 0 && (result.GetValue(peer) || request.PeerCommands.Count > 0))
                throw new CliException("--lora is for this engine alone: it does not go with --peer and --peer-command.");

            // The peer is fetched first: whoever asks for it should not wait for a compilation to learn that it is not to be had.
            List<IContenderSource> beside = [];
            if (result.GetValue(peer))
                beside.Add(await BenchSession.PeerAsync(request, result.InvocationConfiguration.Error, cancellation));
            beside.AddRange(BenchSession.Commands(request, result.InvocationConfiguration.Error));
            BenchSession.Run(request, [await compile(request, cancellation), .. beside], result.InvocationConfiguration, cancellation);
            return 0;
        });
        return command;
    }
}
