using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Tools;

namespace Llamalith.Packer;

/// <summary>
/// Reads the headers of the model files that sources name, for the compiler, which reads none. Of a file that a class is made from, what was read
/// lies beside the project (NAME.llamalith.json) and stands for it where it is missing; of all that are there it lies in seen/ too, with the
/// classes that are loaded from them, which are compared with it. A file that has not changed is not read again.
/// </summary>
internal sealed class DescribeJob(PackerArguments arguments)
{
    private const int MostDifferences = 5;

    private readonly string _project = arguments.One("project");
    private readonly string _output = arguments.One("output");
    private readonly bool _renew = arguments.One("renew").Equals("true", StringComparison.OrdinalIgnoreCase);

    public void Run()
    {
        HashSet<string> kept = [];
        Dictionary<string, (string File, SourcePlace Place)> written = new(StringComparer.OrdinalIgnoreCase);
        List<BuildErrorException> errors = [];
        foreach (IGrouping<string, ModelReference> file in new ReferenceList(_output).Of(arguments.All("source"), arguments.One("defines"))
            .GroupBy(static reference => ModelFiles.WithSlashes(reference.File)))
        {
            try
            {
                ModelReference? from = file.FirstOrDefault(static reference => reference.IsFrom);
                ModelDescription? seen = Describe(file.First().File, from, [.. file.Where(static reference => !reference.IsFrom).Select(static reference => reference.Class)], kept);
                if (from is not null)
                    Keep(from, seen, written);
            }
            catch (BuildErrorException e)
            {
                errors.Add(e);
            }
        }

        string folder = Path.Combine(_output, "seen");
        foreach (string stale in Directory.Exists(folder) ? Directory.GetFiles(folder).Where(file => !kept.Contains(file)) : [])
            File.Delete(stale);
        foreach (BuildErrorException error in errors.SkipLast(1))
            Console.Error.WriteLine(error.Message);
        if (errors.Count > 0)
            throw errors[^1];
    }

    // What the file says; null where it is not there. One that no class is made from may be anything: whoever loads it will say so.
    private ModelDescription? Describe(string file, ModelReference? from, IReadOnlyList<string> classes, HashSet<string> kept)
    {
        // Either slash is meant between folders, but one of them may be part of a name.
        string? source = new[] { file, ModelFiles.WithSlashes(file) }.Select(name => Path.GetFullPath(Path.Combine(_project, name)))
            .FirstOrDefault(static path => File.Exists(path) || Directory.Exists(path));
        if (source is null)
            return null;
        file = ModelFiles.WithSlashes(file);
        string name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(file)))[..16];
        string text = Path.Combine(_output, "seen", name + ModelFiles.SeenExtension), stamps = Path.Combine(_output, "seen", name + ".txt");
        kept.Add(text);
        kept.Add(stamps);
        string stamp = string.Join('\n', [Version, .. classes, BuildState.StampOf(source)]);
        if (File.Exists(stamps) && File.Exists(text) && File.ReadAllText(stamps) == stamp)
            return ModelDescription.Parse(File.ReadAllText(text), text);
        ModelDescription description;
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(source);
            description = ModelDescription.Of(checkpoint, file);
        }
        catch (Exception e) when (e is ModelFormatException or IOException or UnauthorizedAccessException)
        {
            kept.Remove(text);
            kept.Remove(stamps);
            return from is null ? null : throw new BuildErrorException(from.Place, BuildErrorException.Unusable, e.Message);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(text)!);
        Write(text, description.ToJson(classes));
        File.WriteAllText(stamps, stamp);
        return description;
    }

    // Beside the project. What is there and says something else is for a person to look at.
    private void Keep(ModelReference from, ModelDescription? seen, Dictionary<string, (string File, SourcePlace Place)> written)
    {
        string name = ModelDescription.FileNameOf(from.File), path = Path.Combine(_project, name), file = ModelFiles.WithSlashes(from.File);
        if (!written.TryAdd(name, (file, from.Place)))
        {
            throw new BuildErrorException(from.Place, BuildErrorException.Stale,
                $"From = {file} and From = {written[name].File} would both be described in {name}; rename one of the files, or give both the same name here");
        }

        if (seen is null)
        {
            if (!File.Exists(path))
                throw new BuildErrorException(from.Place, BuildErrorException.NotFound, $"From = {file}, but there is neither {Path.GetFullPath(Path.Combine(_project, file))} nor {path}");
            return;
        }

        string text = seen.ToJson();
        if (!File.Exists(path) || _renew)
        {
            if (!File.Exists(path) || File.ReadAllText(path) != text)
                Write(path, text);
            return;
        }

        // Editors and version control may end lines as they like.
        string there = File.ReadAllText(path);
        if (there.ReplaceLineEndings("\n") == text)
            return;
        ModelDescription before;
        try
        {
            before = ModelDescription.Parse(there, path);
        }
        catch (ModelFormatException e)
        {
            throw Stale(from, e.Message.TrimEnd('.'));
        }

        if (before.IsPartOf(seen))
        {
            Write(path, text);
            return;
        }

        string[] differences = [.. seen.DifferencesFrom(before, file, name)];
        throw Stale(from, string.Join("; ", differences.Take(MostDifferences)) + (differences.Length > MostDifferences ? $"; and {differences.Length - MostDifferences} more" : ""));
    }

    private BuildErrorException Stale(ModelReference from, string what) => new(
        from.Place, BuildErrorException.Stale, $"{what}. If the file is right: dotnet build \"{arguments.One("projectfile")}\" -p:LlamalithRenew=true");

    private static string Version => $"{typeof(DescribeJob).Module.ModuleVersionId} {typeof(Checkpoint).Module.ModuleVersionId}";

    private static void Write(string path, string text) => AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(text)));
}
