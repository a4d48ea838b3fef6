using System;
using System.Formats.Tar;
using System.IO;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Cli.Peer;

/// <summary>The package as it arrives: a gzipped tar archive whose libraries lie under package/bins.</summary>
internal static class PeerArchive
{
    // Several times what the package holds: an archive is a stranger until it has been read.
    private const int MostEntries = 1000;
    private const long MostBytes = 512L << 20;

    /// <summary>Checks the archive's SHA-512.</summary>
    /// <exception cref="CliException">It is another one's.</exception>
    public static async Task VerifyAsync(string archive, PeerPackage package, CancellationToken cancellation)
    {
        await using FileStream file = File.OpenRead(archive);
        string actual = Convert.ToBase64String(await SHA512.HashDataAsync(file, cancellation));
        if (actual != package.Sha512)
        {
            throw new CliException(
                $"What npm fetched is not the {package.Specifier} that this tool knows: its SHA-512 is {actual}, but should be "
                    + $"{package.Sha512}.");
        }
    }

    /// <summary>Writes the shared libraries and the licence into a new folder.</summary>
    /// <exception cref="CliException">The archive is damaged or absurdly large.</exception>
    public static async Task ExtractAsync(string archive, string folder, CancellationToken cancellation)
    {
        PrivateFolder.Create(folder);
        try
        {
            await using FileStream file = File.OpenRead(archive);
            await using GZipStream gzip = new(file, CompressionMode.Decompress);
            await using TarReader tar = new(gzip);
            int entries = 0;
            long bytes = 0;
            while (await tar.GetNextEntryAsync(copyData: false, cancellation) is TarEntry entry)
            {
                bytes += entry.Length;
                if (++entries > MostEntries || bytes > MostBytes)
                {
                    throw new CliException(
                        $"{archive} holds more than {MostEntries} files or {MostBytes >> 20} MiB, so it is not llama.cpp's package.");
                }

                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && TargetOf(entry.Name) is string name)
                    await entry.ExtractToFileAsync(Path.Combine(folder, name), overwrite: false, cancellation);
            }
        }
        catch (InvalidDataException e)
        {
            throw new CliException($"{archive} is damaged: {e.Message}", e);
        }
    }

    /// <summary>The file name under which an entry is kept (never a path, so none can point elsewhere); null to skip it.</summary>
    private static string? TargetOf(string entry)
    {
        if (entry == "package/LICENSE")
            return "LICENSE";
        return entry.StartsWith("package/bins/", StringComparison.Ordinal) && entry.EndsWith(".so", StringComparison.Ordinal)
            ? Path.GetFileName(entry)
            : null;
    }
}
