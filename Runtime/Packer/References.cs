using System;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Microsoft.CodeAnalysis;

namespace Llamalith.Packer;

/// <summary>What sources and engines are compiled against: the framework that this process runs on, and Llamalith's own.</summary>
internal static class References
{
    private static readonly string[] s_names =
    [
        "System.Private.CoreLib", "System.Runtime", "System.Runtime.Intrinsics", "System.Collections", "System.Threading", "netstandard",
        typeof(LlamaModelAttribute).Assembly.GetName().Name!, typeof(ILlamaModel).Assembly.GetName().Name!,
    ];

    public static ImmutableArray<MetadataReference> All { get; } =
    [
        .. ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator)
            .Where(static path => s_names.Contains(Path.GetFileNameWithoutExtension(path)))
            .Select(static path => MetadataReference.CreateFromFile(path)),
    ];
}
