using System;
using System.CommandLine;
using System.Diagnostics;
using Llamalith.Cli.Compilation;
using Llamalith.Contracts;

namespace Llamalith.Cli.Commands;

internal static class TryCommand
{
    public static Command Create()
    {
        Argument<string> file = new("FILE");
        Command command = new("try", "x") { file };
        command.SetAction(result =>
        {
            Console.Error.WriteLine($"main at {(DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds} ms, cpu {Environment.CpuUsage.TotalTime.TotalMilliseconds}");
            using Checkpoint checkpoint = Checkpoint.Open(result.GetRequiredValue(file));
            Console.Error.WriteLine($"open at {(DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds} ms, cpu {Environment.CpuUsage.TotalTime.TotalMilliseconds}");
            ModelClass model = ModelClass.For(checkpoint, "Model") with { Isa = MachineIsa.Best };
            EngineBuilder b = EngineBuilder.Create(Console.Error);
            Engine e = b.Get(model);
            Console.Error.WriteLine($"{b.Compilations} engine at {(DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds} ms, cpu {Environment.CpuUsage.TotalTime.TotalMilliseconds}");
            using ILlamaModel m = e.Load(checkpoint, new() { Threads = 1 });
            Console.Error.WriteLine($"loaded at {(DateTime.Now - Process.GetCurrentProcess().StartTime).TotalMilliseconds} ms, cpu {Environment.CpuUsage.TotalTime.TotalMilliseconds}");
            Console.WriteLine(m.Decode(1)[0]);
            return 0;
        });
        return command;
    }
}
