using System.Collections.Generic;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Generator.Reading;

/// <summary>Names as generated source writes them.</summary>
internal static class Identifiers
{
    // Names that mean something where a type may stand, and that are keywords to no other part of the compiler.
    private static readonly HashSet<string> s_special = ["_", "dynamic", "extension", "field", "nint", "notnull", "nuint", "value", "var"];

    /// <summary>An identifier that is read as one wherever it stands: every word that is a keyword somewhere is escaped.</summary>
    public static string Escape(string identifier) =>
        SyntaxFacts.GetKeywordKind(identifier) != SyntaxKind.None
        || SyntaxFacts.GetContextualKeywordKind(identifier) != SyntaxKind.None
        || s_special.Contains(identifier)
            ? "@" + identifier
            : identifier;

    /// <summary>A namespace with every part escaped; empty for the global one.</summary>
    public static string Escape(INamespaceSymbol space)
    {
        if (space.IsGlobalNamespace)
            return "";
        string outer = Escape(space.ContainingNamespace), name = Escape(space.Name);
        return outer.Length == 0 ? name : outer + "." + name;
    }
}
