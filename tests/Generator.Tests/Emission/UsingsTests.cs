using System.Linq;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Tests.Emission;

/// <summary>A reader of a generated file finds at its head what it uses, and nothing else.</summary>
public sealed class UsingsTests
{
    [Theory]
    [MemberData(nameof(Models.All), MemberType = typeof(Models))]
    public void Usings_AreUsed(string model)
    {
        foreach (GeneratedSourceResult file in Compiler.Generate(model))
        {
            SyntaxNode root = file.SyntaxTree.GetRoot(TestContext.Current.CancellationToken);
            string[] names =
            [
                .. from token in root.DescendantTokens()
                   where token.IsKind(SyntaxKind.IdentifierToken) && token.Parent!.FirstAncestorOrSelf<UsingDirectiveSyntax>() is null
                   select token.ValueText,
            ];
            foreach (UsingDirectiveSyntax directive in root.DescendantNodes().OfType<UsingDirectiveSyntax>())
                Assert.True(names.Contains(directive.Alias?.Name.Identifier.ValueText), $"{file.HintName} does not need {directive}.");
        }
    }
}
