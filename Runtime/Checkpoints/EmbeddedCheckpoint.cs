using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>Finds the weights that a build put into a program, and uses them where they lie: nothing is read ahead of its use.</summary>
internal static unsafe class EmbeddedCheckpoint
{
    /// <summary>Before the name of a model file, in the names of resources.</summary>
    public const string ResourcePrefix = "llamalith/";

    /// <summary>Behind the name of a model file, where its packed weights lie beside the program.</summary>
    public const string BesideSuffix = ".llith";

    public static Checkpoint Open(Assembly assembly, string name)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (assembly.GetManifestResourceStream(ResourcePrefix + Within(name)) is { } stream)
            return OfResource(stream, name);
        if (Environment.ProcessPath is { } program && OfExecutable(program, name) is { } appended)
            return appended;
        string beside = Path.Combine(AppContext.BaseDirectory, Path.GetFileName(name) + BesideSuffix);
        return File.Exists(beside)
            ? PackedCheckpoint.Open(beside)
            : throw new FileNotFoundException(
                $"{assembly.GetName().Name} was compiled for embedded weights, but {name} is neither a resource of it nor at the end of the executable nor at {beside}. The build of the package Llamalith puts it there.",
                beside);
    }

    /// <summary>A model file's path as one below a folder: what leads out of the project's is left out.</summary>
    public static string Within(string name) => string.Join('/', name.Split('/', '\\').Where(static part => part is not ("" or "." or "..")));

    // A resource of an assembly in memory lies there as it is in the file, at whatever address.
    private static PackedCheckpoint OfResource(Stream stream, string name) => Handover.Make(stream, resource => resource is UnmanagedMemoryStream memory
        ? PackedCheckpoint.From(GgufFile.Parse(memory.PositionPointer, memory.Length, name, memory))
        : throw new ModelFormatException($"The resource {ResourcePrefix}{name} is not in memory."));

    private static PackedCheckpoint? OfExecutable(string path, string name)
    {
        AppendedWeights? place = AppendedWeights.Find(path);
        return place is { } found
            ? Handover.Make(MappedFile.Open(path), mapping => PackedCheckpoint.From(GgufFile.Parse(mapping.Data + found.Offset, found.Length, name, mapping)))
            : null;
    }
}
