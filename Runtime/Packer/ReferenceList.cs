using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace Llamalith.Packer;

/// <summary>The model files that sources name, kept from build to build: sources that have not changed are not understood again.</summary>
internal sealed class ReferenceList(string output)
{
    private readonly string _path = Path.Combine(output, "references.txt");

    public IReadOnlyList<ModelReference> Of(IReadOnlyCollection<string> sources, string defines)
    {
        string inputs = HashOf(sources, defines);
        if (File.Exists(_path) && File.ReadAllLines(_path) is [var before, .. var kept] && before == inputs)
            return [.. kept.Select(Read)];
        ModelReference[] references = Find(sources, defines);
        Directory.CreateDirectory(output);
        File.WriteAllLines(_path, [inputs, .. references.Select(Written)]);
        return references;
    }

    // Apart, so that the C# compiler is not loaded where nothing has changed.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ModelReference[] Find(IReadOnlyCollection<string> sources, string defines) => [.. ProjectSources.ReferencesIn(sources, defines)];

    private static string HashOf(IEnumerable<string> sources, string defines)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{defines} {typeof(ReferenceList).Module.ModuleVersionId}"));
        foreach (string source in sources)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"\n{source}\n"));
            hash.AppendData(File.ReadAllBytes(source));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private const char Separator = '|';

    private static string Written(ModelReference reference) => string.Join(
        Separator,
        reference.IsFrom ? "from" : "loaded",
        Uri.EscapeDataString(reference.File),
        reference.Class,
        Uri.EscapeDataString(reference.Place.Path),
        reference.Place.Line.ToString(CultureInfo.InvariantCulture));

    private static ModelReference Read(string line) => line.Split(Separator) is [var kind, var file, var type, var path, var number]
        ? new ModelReference(kind == "from", Uri.UnescapeDataString(file), type, new SourcePlace(Uri.UnescapeDataString(path), int.Parse(number, CultureInfo.InvariantCulture)))
        : throw new InvalidDataException($"references.txt has the line {line}, which is none of its own; delete it.");
}
