using System.CommandLine;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Cli.Projects;
using Llamalith.Contracts;
using Llamalith.Tools;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith init`: makes a project for a model.</summary>
internal static class InitCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Option<string> folder = new Option<string>(
            "--output", "-o") { HelpName = "folder", Description = "The folder to make, or an empty one.", Required = true }.RejectEmpty();
        Option<string?> name =
            new("--name") { HelpName = "name", Description = "The name of the class and the project. Default: after the model's file." };
        Command command = new("init", "Make a ready project for a model: the annotated class, a project file and a program.")
        {
            model.File, folder, name, model.Context, model.Cache, model.Tokenizer,
        };
        command.SetAction(result =>
        {
            Run(model.Read(result), result.GetRequiredValue(folder), result.GetValue(name), result.InvocationConfiguration);
            return 0;
        });
        return command;
    }

    private static void Run(ModelRequest request, string folder, string? name, InvocationConfiguration console)
    {
        if (name is not null && !ClassName.IsIdentifier(name))
        {
            throw new CliException(
                $"--name {name} is no name for a class: letters, digits and _ only, no digit first, and no keyword of C#.");
        }

        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new CliException($"{folder} is not empty; a project wants a folder of its own.");
        string path = Path.GetFullPath(request.Path);
        ModelClass model;
        ModelDescription description;
        using (Checkpoint checkpoint = Checkpoint.Open(request.Path))
        {
            CheckTokenizer(checkpoint, request.TokenizerPath, console.Error);
            description = ModelDescription.Of(checkpoint, path);
            model = ModelClass.For(checkpoint, ProjectTemplate.FreeName(name ?? ClassName.FromPath(request.Path)), request.Context) with
            {
                Namespace = ProjectTemplate.ModelNamespace,
                From = path,
                FromShape = ModelClass.For(checkpoint, "").Shape,
                KvCache = request.KvCache,
            };
        }

        IEnumerable<ProjectFile> files = ProjectTemplate.Files(
            model, path, request.TokenizerPath is null ? null : Path.GetFullPath(request.TokenizerPath), description);
        Directory.CreateDirectory(folder);
        foreach (ProjectFile file in files)
        {
            string written = Path.Combine(folder, file.Name);
            File.WriteAllText(written, file.Text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
            console.Output.ReportLine(written);
        }
    }

    // A tokenizer that was named must be right; without one the project builds, but its program will ask for it.
    private static void CheckTokenizer(Checkpoint checkpoint, string? path, TextWriter notices)
    {
        try
        {
            _ = ModelTokenizer.Open(checkpoint, path);
        }
        catch (CliException e) when (path is null)
        {
            notices.WriteLine($"The program will want a tokenizer as its third argument: {e.Message}");
        }
    }
}
