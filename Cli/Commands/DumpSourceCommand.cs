using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Packer.Compilation;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith dump-source`: writes the C# of a model's engine, to be read.</summary>
internal static class DumpSourceCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Argument<string> folder = new Argument<string>("DIR") { Description = "The folder to write to." }.RejectEmpty();
        Option<bool> all =
            new("--all") { Description = "Emit every instruction set, as a project would get, and not only the one of this machine." };
        Command command =
            new("dump-source", "Write the C# that a model is compiled from: the annotated class and all that is generated for it.")
        {
            model.File, folder, all, model.Context, model.Cache,
        };
        command.SetAction((result, cancellation) => Task.Run(
            () => Run(model.Read(result), result.GetRequiredValue(folder), result.GetValue(all), result.InvocationConfiguration.Output,
                cancellation), cancellation));
        return command;
    }

    private static int Run(ModelRequest request, string folder, bool all, TextWriter output, CancellationToken cancellation)
    {
        ModelClass model;
        using (Checkpoint checkpoint = Checkpoint.Open(request.Path))
        {
            model = ModelClass.For(checkpoint, ClassName.FromPath(request.Path), request.Context) with
            {
                KvCache = request.KvCache,
                Isa = all ? Isa.All : MachineIsa.Best,
            };
        }

        IReadOnlyList<GeneratedSource> generated = EngineCompiler.Generate(model, cancellation);
        foreach (GeneratedSource file in generated.Prepend(new GeneratedSource(model.Name + ".cs", ModelClassWriter.WriteFile(model))))
        {
            string path = Path.Combine(folder, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, file.Text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            output.ReportLine($"{path}  {Quantity.Count(file.Text.AsSpan().Count('\n'), "line")}");
        }

        return 0;
    }
}
