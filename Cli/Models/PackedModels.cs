using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Llamalith.Checkpoints;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Tools;

namespace Llamalith.Cli.Models;

/// <summary>
/// Models in the layout of engines, kept in a folder for where memory is too small to pack them at load: the system pages them in and out
/// of there. A file appears whole or not at all.
/// </summary>
/// <param name="folder">The folder, which need not exist.</param>
internal sealed class PackedModels(string folder)
{
    /// <summary>So many models are kept, which are large; the oldest go.</summary>
    public const int MostEntries = 2;

    private const string Extension = ".llith";

    /// <summary>The packed form of a model: one that is there, else made now. It needs as much disk as the model's file.</summary>
    public PackedCheckpoint Open(Checkpoint checkpoint, int threads, ProgressBars bars, CancellationToken cancellation)
    {
        string path = PathOf(checkpoint.Path);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(folder);
            Prune(MostEntries - 1);
            _ = bars.Run("packing", progress =>
            {
                ModelPacker.Pack(checkpoint, path,
                    new PackOptions { Target = PackTargets.Here, Threads = threads, Progress = progress, Cancellation = cancellation });
                return true;
            });
        }

        return PackedCheckpoint.Open(path);
    }

    /// <summary>Where the packed form of a model lies: by what the file is called, how large it is and when it was written.</summary>
    public string PathOf(string model)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(model));
        FileInfo[] files = Directory.Exists(full) ? new DirectoryInfo(full).GetFiles() : [new FileInfo(full)];
        string stamps =
            string.Join('\n', files.OrderBy(static file => file.Name, StringComparer.Ordinal).Select(static file => string.Create(
            CultureInfo.InvariantCulture, $"{file.FullName} {file.Length} {file.LastWriteTimeUtc.Ticks}")));
        byte[] key = SHA256.HashData(Encoding.UTF8.GetBytes($"{WeightPacker.Layout}\n{stamps}"));
        return Path.Combine(folder, Convert.ToHexStringLower(key) + Extension);
    }

    private void Prune(int most)
    {
        foreach (FileInfo old in new DirectoryInfo(folder).GetFiles("*" + Extension)
            .OrderByDescending(static file => file.LastAccessTimeUtc).Skip(most))
        {
            old.Delete();
        }
    }
}
