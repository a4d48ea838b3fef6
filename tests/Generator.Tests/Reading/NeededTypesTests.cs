using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Reading;
using Llamalith.Tests.Hostile;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Tests.Reading;

public sealed class NeededTypesTests
{
    /// <summary>
    /// One that is missing could be taken from engines without a word; one too many would be refused to users for nothing.
    /// </summary>
    [Fact]
    public void NeededTypes_AreThoseThatEnginesName()
    {
        string[] needed = [.. TypesNamed().Order(StringComparer.Ordinal)];
        Assert.True(needed.SequenceEqual(NeededTypes.All),
            $"NeededTypes.All should be\n{string.Join("\n", needed.Select(static name => $"        \"{name}\","))}");
    }

    private static HashSet<string> TypesNamed()
    {
        HashSet<string> names = [];
        CSharpCompilation input = Workbench.Compile(Workbench.Everything), output = Workbench.Generate(Workbench.Everything, input, out _);
        foreach (SyntaxTree tree in output.SyntaxTrees.Except(input.SyntaxTrees))
        {
            SemanticModel semantics = output.GetSemanticModel(tree);
            foreach (SimpleNameSyntax name in tree.GetRoot(TestContext.Current.CancellationToken).DescendantNodes()
                .OfType<SimpleNameSyntax>())
            {
                // An attribute's name is that of its constructor; a nested type needs the one around it.
                ISymbol? symbol = semantics.GetSymbolInfo(name, TestContext.Current.CancellationToken).Symbol;
                INamedTypeSymbol? type = symbol is IMethodSymbol { MethodKind: MethodKind.Constructor } constructor
                    ? constructor.ContainingType : symbol as INamedTypeSymbol;
                for (; type is { ContainingType: not null }; type = type.ContainingType)
                {
                }

                if (type is { TypeKind: not TypeKind.Error }
                    && !SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, output.Assembly))
                {
                    names.Add(type.ContainingNamespace.ToDisplayString() + "." + type.MetadataName);
                }
            }
        }

        return names;
    }
}
