using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Text;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Llamalith.Generator.Reading;

/// <summary>
/// The full names that generated source uses, of the framework and of the runtime. It means the types of those assemblies; a declaration of
/// the same name in the project itself would be taken instead, and two assemblies with one name would leave the compiler in doubt.
/// </summary>
internal static class NeededNames
{
    /// <summary>The namespace that engines lie in, one below it for each model.</summary>
    public const string Engines = "Llamalith.Engines";

    private const string Root = "Llamalith";
    private const string Suffix = "Attribute";

    // 1,023 for a namespace, of which the engine's own takes some.
    private const int LongestName = 1000;

    private static readonly char[] s_dot = ['.'];

    // What a library says of itself costs a look at each name, and assemblies outlive the compilations that an editor makes of them.
    private static readonly ConditionalWeakTable<IAssemblySymbol, string[]> s_declared = new();

    // Where an attribute stands, a type without the suffix could be meant too.
    private static readonly Node s_root = Node.Of(NeededTypes.All.SelectMany(static name =>
        name.EndsWith(Suffix, StringComparison.Ordinal) ? new[] { name, name.Substring(0, name.Length - Suffix.Length) } : [name]));

    /// <summary>The clashes of what a class needs with what its project and its references declare.</summary>
    public static IEnumerable<LocatedClash> TakenFrom(INamedTypeSymbol type, Compilation compilation) =>
        ByTheProject(type, compilation.Assembly.GlobalNamespace, "", s_root)
            .Concat(WhereTheEngineLies(type, compilation.Assembly.GlobalNamespace))
            .Concat(ByItsLength(type))
            .Concat(ByTwoReferences(type, compilation))
            .Concat(ByAnAlias(type, compilation));

    private static IEnumerable<LocatedClash> ByTheProject(INamedTypeSymbol type, INamespaceSymbol space, string path, Node node)
    {
        foreach (KeyValuePair<string, Node> child in node.Children)
        {
            string full = path + child.Key;
            foreach (ISymbol own in space.GetMembers(child.Key))
            {
                if (own is INamespaceSymbol inner && (child.Value.Arities.Count == 0 || !child.Value.Arities.Contains(0)))
                {
                    foreach (LocatedClash clash in ByTheProject(type, inner, full + ".", child.Value))
                        yield return clash;
                }
                else if (IsSeen(own) && (own is INamespaceSymbol || (own is INamedTypeSymbol taken && child.Value.IsTakenBy(taken))))
                {
                    yield return Declared(type, own, full);
                }
            }
        }
    }

    // Types cannot be namespaces too, and what a model's own namespace holds is the engine's.
    private static IEnumerable<LocatedClash> WhereTheEngineLies(INamedTypeSymbol type, INamespaceSymbol space)
    {
        string[] path = [.. Engines.Split(s_dot), .. PartsOf(type.ContainingNamespace), type.Name];
        string full = "";
        for (int i = 0; i < path.Length; i++)
        {
            full += (i == 0 ? "" : ".") + path[i];
            if (i > 0 && space.GetTypeMembers(path[i], 0).FirstOrDefault(static own => !own.IsFileLocal && IsSeen(own)) is { } taken)
                yield return Declared(type, taken, full);
            if (space.GetMembers(path[i]).OfType<INamespaceSymbol>().FirstOrDefault() is not { } inner)
                yield break;
            space = inner;
        }

        if (IsSeen(space))
            yield return Declared(type, space, full);
    }

    private static IEnumerable<LocatedClash> ByItsLength(INamedTypeSymbol type)
    {
        string full = string.Join(".", PartsOf(type.ContainingNamespace).Append(type.Name));
        if (Encoding.UTF8.GetByteCount(full) > LongestName)
            yield return Clash(type, null, $"{Engines}.{full}", $"is too long; a class's full name may take {LongestName} bytes");
    }

    private static IEnumerable<LocatedClash> ByTwoReferences(INamedTypeSymbol type, Compilation compilation)
    {
        // The compilation looks into every reference for a name, so it is asked only of those that two of them may have.
        IAssemblySymbol[] libraries = [.. compilation.SourceModule.ReferencedAssemblySymbols];
        HashSet<string> once = [], doubtful = [];
        foreach (string name in libraries.SelectMany(NamesOf))
        {
            if (!once.Add(name) || name.StartsWith("System.", StringComparison.Ordinal))
                doubtful.Add(name);
        }

        foreach (IAssemblySymbol library in libraries.Where(static library => !IsFramework(library.Name)))
        {
            foreach (string name in NamesOf(library).Where(doubtful.Contains))
            {
                if (IsVisible(library.GetTypeByMetadataName(name)!) && IsGlobal(library, compilation)
                    && compilation.GetTypesByMetadataName(name).Any(other => IsElsewhere(other, library) && IsVisible(other)))
                {
                    string what = $"is declared by {library.Name} too, so that the compiler could not tell which is meant";
                    yield return Clash(type, null, WithoutArity(name), what);
                }
            }
        }

        bool IsVisible(INamedTypeSymbol other) => compilation.IsSymbolAccessibleWithin(other, compilation.Assembly);

        bool IsElsewhere(INamedTypeSymbol other, IAssemblySymbol library) => !IsIn(other, library) && !IsIn(other, compilation.Assembly);
    }

    private static string[] NamesOf(IAssemblySymbol library) => s_declared.GetValue(library, static known =>
        [.. NeededTypes.All.Where(name => MayDeclare(known, name) && known.GetTypeByMetadataName(name) is not null)]);

    // The framework's assemblies do not contradict one another; what merely has such a name may hold types of Llamalith's.
    private static bool MayDeclare(IAssemblySymbol library, string name) =>
        !IsFramework(library.Name)
        || (name.StartsWith(Root + ".", StringComparison.Ordinal) && library.NamespaceNames.Contains(Root));

    private static IEnumerable<LocatedClash> ByAnAlias(INamedTypeSymbol type, Compilation compilation)
    {
        foreach (IAssemblySymbol own in compilation.SourceModule.ReferencedAssemblySymbols)
        {
            if (own.Name is not (KnownNames.Runtime or KnownNames.Attributes) || IsGlobal(own, compilation))
                continue;
            string alias = compilation.GetMetadataReference(own)!.Properties.Aliases[0];
            yield return Clash(type, null, own.Name, $"is referenced under the alias {alias} only; add 'global' to its Aliases");
        }
    }

    /// <summary>Whether Llamalith.Runtime is referenced, if only where generated source cannot reach it.</summary>
    public static bool HasRuntime(Compilation compilation) =>
        compilation.GetTypeByMetadataName(KnownNames.ModelInterface) is not null
        || compilation.SourceModule.ReferencedAssemblySymbols
            .Any(library => library.Name == KnownNames.Runtime && !IsGlobal(library, compilation));

    private static bool IsIn(INamedTypeSymbol type, IAssemblySymbol assembly) =>
        SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, assembly);

    private static bool IsGlobal(IAssemblySymbol assembly, Compilation compilation)
    {
        ImmutableArray<string> aliases = compilation.GetMetadataReference(assembly)?.Properties.Aliases ?? [];
        return aliases.IsEmpty || aliases.Contains(MetadataReferenceProperties.GlobalAlias);
    }

    private static bool IsSeen(ISymbol symbol) => !GeneratedTrees.Contain(symbol);

    private static bool IsFramework(string assembly) =>
        assembly.StartsWith("System.", StringComparison.Ordinal)
        || assembly.StartsWith("Microsoft.", StringComparison.Ordinal)
        || assembly is "mscorlib" or "netstandard" or "System" or "WindowsBase";

    private static IEnumerable<string> PartsOf(INamespaceSymbol space) =>
        space.IsGlobalNamespace ? [] : PartsOf(space.ContainingNamespace).Append(space.Name);

    private static LocatedClash Declared(INamedTypeSymbol type, ISymbol taken, string full)
    {
        string kind = taken is INamespaceSymbol ? "namespace" : "type";
        return Clash(type, GeneratedTrees.OwnPlaceOf(taken), full, $"is a {kind} of this project, which the compiler would take instead");
    }

    private static LocatedClash Clash(INamedTypeSymbol type, Location? place, string name, string what) =>
        new(new ClassClash(SpecRule.NameTaken, new EquatableArray<string>([name, type.Name, what])), place);

    private static string WithoutArity(string name) => name.IndexOf('`') is > 0 and int at ? name.Substring(0, at) : name;

    /// <summary>A part of a name: the types that it is, by their number of type parameters, and what lies below it.</summary>
    private sealed class Node
    {
        public SortedDictionary<string, Node> Children { get; } = new(StringComparer.Ordinal);

        public HashSet<int> Arities { get; } = [];

        /// <summary>Whether a type of this name stands in the way: of a type, or of a namespace.</summary>
        public bool IsTakenBy(INamedTypeSymbol type) =>
            !type.IsFileLocal && (Arities.Contains(type.Arity) || (type.Arity == 0 && Children.Count > 0));

        public static Node Of(IEnumerable<string> names)
        {
            Node root = new();
            foreach (string name in names)
            {
                Node node = root;
                foreach (string part in WithoutArity(name).Split(s_dot))
                {
                    if (!node.Children.TryGetValue(part, out Node? child))
                        node.Children.Add(part, child = new Node());
                    node = child;
                }

                node.Arities.Add(name.IndexOf('`') is > 0 and int at ? name[at + 1] - '0' : 0);
            }

            return root;
        }
    }
}
