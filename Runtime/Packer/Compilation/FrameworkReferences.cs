using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using Llamalith.Contracts;
using Microsoft.CodeAnalysis;

namespace Llamalith.Packer.Compilation;

/// <summary>
/// What sources and engines are compiled against: the framework that this process runs on, of which only the assemblies that generated code
/// and the runtime's signatures name, and Llamalith's own.
/// </summary>
internal static class FrameworkReferences
{
    private static readonly string[] s_framework =
    [
        "System.Private.CoreLib", "System.Runtime", "System.Runtime.Intrinsics", "System.Collections", "System.Threading", "netstandard",
    ];

    /// <summary>The references.</summary>
    /// <exception cref="FileNotFoundException">This process was published without one of the assemblies as a file.</exception>
    public static ImmutableArray<MetadataReference> Load()
    {
        Dictionary<string, string> platform = new(StringComparer.OrdinalIgnoreCase);
        foreach (string path in ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            platform.TryAdd(Path.GetFileNameWithoutExtension(path), path);
        }

        ImmutableArray<MetadataReference>.Builder references = ImmutableArray.CreateBuilder<MetadataReference>();
        foreach (string name in (string[])[.. s_framework, typeof(LlamaModelAttribute).Assembly.GetName().Name!,
            typeof(ILlamaModel).Assembly.GetName().Name!])
        {
            if (!platform.TryGetValue(name, out string? path) || !File.Exists(path))
            {
                throw new FileNotFoundException(
                    $"The assembly {name} is not there as a file, so nothing can be compiled against it.", path);
            }

            references.Add(MetadataReference.CreateFromFile(path));
        }

        return references.ToImmutable();
    }
}
