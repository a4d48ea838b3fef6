using System;
using System.Linq;
using System.Text.RegularExpressions;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Tests.Emission;

/// <summary>What keeps generated code fast to compile and pleasant to read.</summary>
public sealed partial class BudgetTests
{
    /// <summary>
    /// RyuJIT compiles a method without optimising above any of 60,000 IL bytes, 20,000 instructions, 2,000 locals and 2,000 basic blocks, and above
    /// about 1,000 locals keeps values in memory. A quarter of that leaves it room to inline.
    /// </summary>
    [Theory]
    [MemberData(nameof(Models.All), MemberType = typeof(Models))]
    public void Methods_StayFarBelowTheLimitsOfTheJit(string model)
    {
        var sizes = MethodSize.ReadAll(Compiler.Emit(model));
        Assert.DoesNotContain(
            sizes,
            static size => size.Bytes > 15_000 || size.Instructions > 5_000 || size.Locals > 500 || size.BasicBlocks > 500);
    }

    /// <summary>150 lines.</summary>
    [Theory]
    [MemberData(nameof(Models.All), MemberType = typeof(Models))]
    public void Methods_FitThreeScreens(string model)
    {
        foreach (GeneratedSourceResult file in Compiler.Generate(model))
        {
            foreach (BaseMethodDeclarationSyntax method in file.SyntaxTree.GetRoot(TestContext.Current.CancellationToken).DescendantNodes().OfType<BaseMethodDeclarationSyntax>())
            {
                FileLinePositionSpan lines = file.SyntaxTree.GetLineSpan(method.Span, TestContext.Current.CancellationToken);
                int count = lines.EndLinePosition.Line - lines.StartLinePosition.Line + 1;
                Assert.True(count <= 150, $"{file.HintName}, line {lines.StartLinePosition.Line + 1}: a method of {count} lines.");
            }
        }
    }

    /// <summary>
    /// Unrolling is over tiles, heads and groups; a wider or deeper model is the same text with other constants. (Widths that are one number
    /// share their kernels, so that no two of these are.)
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData(", Training = true")]
    public void Output_DoesNotGrowWithDimAndLayers(string option)
    {
        const string Heads = "Heads = 8, KvHeads = 4, HeadDim = 64";
        string small = $"[Llamalith.LlamaModel(Dim = 768, FfnDim = 1536, Layers = 2, {Heads}, VocabSize = 2000{option})] partial class Model;";
        string large = $"[Llamalith.LlamaModel(Dim = 8192, FfnDim = 32768, Layers = 96, {Heads}, VocabSize = 65000{option})] partial class Model;";
        Assert.Equal(LinesOf(small), LinesOf(large));

        static int LinesOf(string model) => Compiler.Generate(model).Sum(static file => file.SourceText.Lines.Count);
    }

    /// <summary>Below the constants sizes have names, as in Dim or KvDim.</summary>
    [Fact]
    public void Output_NamesItsDimensions()
    {
        // Sizes unlike any tile, lane count or block length, so that one found in the text can be nothing else.
        const string model = "[Llamalith.LlamaModel(Dim = 1234, FfnDim = 3457, Layers = 19, Heads = 6, KvHeads = 3, HeadDim = 38, VocabSize = 7919, Context = 613, Training = true)] partial class Model;";
        string[] sizes = ["1234", "3457", "7919", "613"];
        foreach (GeneratedSourceResult file in Compiler.Generate(model))
        {
            foreach (SyntaxToken literal in file.SyntaxTree.GetRoot(TestContext.Current.CancellationToken).DescendantTokens().Where(static token => token.IsKind(SyntaxKind.NumericLiteralToken)))
            {
                bool isConstant = literal.Parent!.FirstAncestorOrSelf<FieldDeclarationSyntax>() is FieldDeclarationSyntax field
                    && field.Modifiers.Any(SyntaxKind.ConstKeyword);
                Assert.True(isConstant || !sizes.Contains(Digits().Match(literal.Text).Value), $"{file.HintName} has the literal {literal.Text} in {literal.Parent.Parent}.");
            }
        }
    }

    [GeneratedRegex("^[0-9_]+")]
    private static partial Regex Digits();
}
