using System;
using System.Collections.Immutable;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace Llamalith.Generator.Reading;

/// <summary>Tells what the generator has made from what stands in the project: an analyzer sees both.</summary>
internal static class GeneratedTrees
{
    // The compiler puts a generator's files into a folder of its name.
    private static readonly string s_folder = typeof(LlamaGenerator).FullName!;

    private static readonly char[] s_separators = ['/', '\\'];

    public static bool Contain(SyntaxTree tree) =>
        tree.FilePath.Contains(s_folder) && tree.FilePath.Split(s_separators).Contains(s_folder, StringComparer.Ordinal);

    /// <summary>Whether a symbol of the project's is declared in generated files only.</summary>
    public static bool Contain(ISymbol symbol)
    {
        ImmutableArray<Location> places = symbol.Locations;
        return places.Length > 0 && places.All(static place => place.SourceTree is not null && Contain(place.SourceTree));
    }

    /// <summary>Where a symbol is declared outside generated files; null for one that is not.</summary>
    public static Location? OwnPlaceOf(ISymbol symbol) =>
        symbol.Locations.FirstOrDefault(static place => place.SourceTree is not null && !Contain(place.SourceTree));
}
