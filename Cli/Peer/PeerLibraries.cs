using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Llamalith.Cli.Peer;

/// <summary>A folder that holds llama.cpp's shared libraries for x86-64 Linux.</summary>
/// <param name="Folder">Full path.</param>
/// <param name="Llama">libllama: the model and context API.</param>
/// <param name="Ggml">libggml: the registry of compute backends.</param>
/// <param name="Base">libggml-base: tensors and logging, which the others depend on.</param>
/// <param name="CpuVariants">Names of the CPU backends there are: x64, haswell, zen4...; empty for a build with one.</param>
internal sealed record PeerLibraries(string Folder, string Llama, string Ggml, string Base, IReadOnlyList<string> CpuVariants)
{
    private const string CpuPrefix = "libggml-cpu-";

    /// <summary>Finds the libraries in a folder.</summary>
    /// <exception cref="CliException">One is missing, or is no x86-64 shared library; the message names it.</exception>
    public static PeerLibraries In(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (!Directory.Exists(folder))
            throw new CliException($"{folder}: there is no such folder, so no llama.cpp in it.");

        string[] files = [.. Directory.EnumerateFiles(folder).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal)];
        string llama = Library("libllama");
        string ggml = Library("libggml");
        string ggmlBase = Library("libggml-base");
        string[] cpus =
            [.. files.Where(f => f.StartsWith(CpuPrefix, StringComparison.Ordinal) && f.EndsWith(".so", StringComparison.Ordinal))];
        foreach (string cpu in cpus)
            EnsureLibrary(Path.Combine(folder, cpu));
        if (cpus.Length == 0)
            Library("libggml-cpu");
        return new PeerLibraries(folder, llama, ggml, ggmlBase, [.. cpus.Select(f => f[CpuPrefix.Length..^".so".Length])]);

        // Builds name them libllama.so, libllama.v0.5.0.so or libllama.so.0; libllama-common.so is another library.
        string Library(string name)
        {
            string? file = files.FirstOrDefault(f => f == name + ".so")
                ?? files.FirstOrDefault(
                    f => f.StartsWith(name + ".", StringComparison.Ordinal) && f.Contains(".so", StringComparison.Ordinal))
                ?? throw new CliException($"{folder}: llama.cpp's {name}.so is missing.");
            string path = Path.Combine(folder, file);
            EnsureLibrary(path);
            return path;
        }
    }

    /// <summary>Loading a library for another processor fails with the loader's words; this says it plainly, and first.</summary>
    private static void EnsureLibrary(string path)
    {
        const int MachineOffset = 18;
        const ushort MachineX64 = 62;
        Span<byte> header = stackalloc byte[20];
        using FileStream file = File.OpenRead(path);
        int read = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> elf64LittleEndian = [0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1];
        if (read < header.Length || !header.StartsWith(elf64LittleEndian))
            throw new CliException($"{path} is not a 64-bit ELF shared library.");
        ushort machine = BinaryPrimitives.ReadUInt16LittleEndian(header[MachineOffset..]);
        if (machine != MachineX64)
            throw new CliException($"{path} is built for ELF machine {machine}, but this process needs {MachineX64} (x86-64).");
    }
}
