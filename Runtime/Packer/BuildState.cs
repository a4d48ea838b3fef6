using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Llamalith.Packer;

/// <summary>What the last run read and left behind: where nothing of it has changed, there is nothing to do, and no source needs to be understood.</summary>
internal sealed partial class BuildState
{
    private readonly string _path;
    private readonly string _inputs;

    public BuildState(PackerOptions options, IEnumerable<string> sources)
    {
        _path = Path.Combine(options.Output, "state.txt");
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{options} {typeof(BuildState).Module.ModuleVersionId} {typeof(Contracts.Checkpoint).Module.ModuleVersionId} {StampOf(options.Generator)} {PackerOptions.Narrowing}"));
        foreach (string source in sources)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{source}\n"));
            hash.AppendData(File.ReadAllBytes(source));
        }

        _inputs = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Whether all is as the last run read it and left it.</summary>
    public bool IsUpToDate
    {
        get
        {
            // A line each: the inputs; models with their stamps; results.
            if (!File.Exists(_path) || File.ReadAllLines(_path) is not [var inputs, .. var files] || inputs != _inputs)
                return false;
            return files.All(static file => file.Split('|') is [var path, var stamp] ? (File.Exists(path) || Directory.Exists(path)) && StampOf(path).ReplaceLineEndings(" ") == stamp : File.Exists(file));
        }
    }

    /// <summary>Size and time of a model: of a file, its other parts where it is split, and the tokenizers beside it, or of all files of a folder.</summary>
    public static string StampOf(string path)
    {
        if (!File.Exists(path) && !Directory.Exists(path))
            return "nothing";
        FileInfo[] files = Directory.Exists(path)
            ? new DirectoryInfo(path).GetFiles()
            : [new FileInfo(path), .. new DirectoryInfo(Path.GetDirectoryName(Path.GetFullPath(path))!).GetFiles().Where(other => IsPart(other.Name, Path.GetFileName(path)) || other.Name.StartsWith("tokenizer.", StringComparison.Ordinal))];
        return string.Join('\n', files.OrderBy(static file => file.Name, StringComparer.Ordinal).Select(static file => string.Create(CultureInfo.InvariantCulture, $"{file.Name} {(file.Exists ? file.Length : -1)} {file.LastWriteTimeUtc.Ticks}")));
    }

    // m-00002-of-00003.gguf beside m-00001-of-00003.gguf.
    private static bool IsPart(string other, string name) => other != name && PartNumber().IsMatch(name) && PartNumber().Replace(other, "") == PartNumber().Replace(name, "");

    [GeneratedRegex(@"-\d{5}(?=-of-\d{5}\.gguf$)")]
    private static partial Regex PartNumber();

    /// <summary>Writes down what this run read and left.</summary>
    public void Write(IEnumerable<string> models, IEnumerable<string> results) => File.WriteAllLines(
        _path,
        [_inputs, .. models.Select(static model => $"{model}|{StampOf(model).ReplaceLineEndings(" ")}"), .. results.Where(File.Exists).Order(StringComparer.Ordinal)]);
}
