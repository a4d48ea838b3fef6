using System;
using System.IO;
using System.Linq;
using System.Reflection;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Mapping;

namespace Llamalith.Checkpoints;

/// <summary>
/// Finds the weights that a build put into a program, and uses them where they lie: nothing is read ahead of its use. Weights are an assembly's, under
/// the whole name that its source says; where they are no resource of it, one of that name holds their digest.
/// </summary>
internal static unsafe class EmbeddedCheckpoint
{
    /// <summary>Before the names of weights, and of prompts, among the resources of an assembly.</summary>
    public const string WeightsPrefix = "llamalith/weights/", PromptsPrefix = "llamalith/prompts/";

    // The folder beside a program that has one for each assembly.
    private const string BesideFolder = "llamalith";

    public static Checkpoint Open(Assembly assembly, string name)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        ArgumentException.ThrowIfNullOrEmpty(name);
        string owner = assembly.GetName().Name!, resource = WeightsPrefix + FileOf(name);
        Stream stream = assembly.GetManifestResourceStream(resource)
            ?? throw new FileNotFoundException($"{owner} was compiled for embedded weights, but {name} is no resource of it ({resource}). The build of the package Llamalith puts it there.", name);
        return WeightsReference.Read(stream) is { } reference ? OfReference(owner, name, reference) : OfResource(stream, name);
    }

    /// <summary>
    /// Where a build keeps a model file's packed weights, from a folder on: as deep as the name says, and never outside of it, so that no two names
    /// of a project come to be one.
    /// </summary>
    public static string FileOf(string name) =>
        string.Join('/', name.Split('/', '\\').Where(static part => part is not ("" or ".")).Select(static part => part == ".." ? "^" : part)) + ".llith";

    // A resource of an assembly in memory lies there as it is in the file, at whatever address.
    private static PackedCheckpoint OfResource(Stream stream, string name) => Handover.Make(stream, resource => resource is UnmanagedMemoryStream memory
        ? PackedCheckpoint.From(GgufFile.Parse(memory.PositionPointer, memory.Length, name, memory))
        : throw new ModelFormatException($"The resource of {name} is not in memory."));

    private static PackedCheckpoint OfReference(string owner, string name, WeightsReference reference)
    {
        if (Environment.ProcessPath is { } program && OfExecutable(program, name, reference) is { } appended)
            return appended;
        string beside = Path.Combine(AppContext.BaseDirectory, BesideFolder, owner, FileOf(name));
        return File.Exists(beside)
            ? Handover.Make(PackedCheckpoint.Open(beside), found => Checked(found, owner, reference))
            : throw new FileNotFoundException(
                $"{name} of {owner} is too large for a resource, but it is neither at the end of {Environment.ProcessPath} nor at {beside}. The build of the package Llamalith puts it there, and it must go along with the program.",
                beside);
    }

    private static PackedCheckpoint? OfExecutable(string path, string name, WeightsReference reference)
    {
        foreach (AppendedWeights place in AppendedWeights.Find(path))
        {
            if (place.Digest == reference.Digest)
                return Handover.Make(MappedFile.Open(path), mapping => PackedCheckpoint.From(GgufFile.Parse(mapping.Data + place.Offset, place.Length, name, mapping)));
        }

        return null;
    }

    private static PackedCheckpoint Checked(PackedCheckpoint found, string owner, WeightsReference reference)
    {
        string digest = Convert.ToHexStringLower(found.Digest);
        return digest == reference.Digest
            ? found
            : throw new ModelMismatchException($"{found.Path} holds the weights {digest}, but {owner} was built with {reference.Digest}: the two are of different builds.");
    }
}
