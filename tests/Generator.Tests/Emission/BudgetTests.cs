using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
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
    private static readonly Dictionary<string, Methods> s_methods = [];

    /// <summary>
    /// RyuJIT compiles a method without optimising above any of 60,000 IL bytes, 20,000 instructions, 2,000 locals and 2,000 basic blocks,
    /// and above about 1,000 locals keeps values in memory. A quarter of that leaves it room to inline.
    /// </summary>
    [Theory]
    [MemberData(nameof(Models.All), MemberType = typeof(Models))]
    public void Methods_StayFarBelowTheLimitsOfTheJit(string model) =>
        Assert.DoesNotContain(
            MethodsOf(model).Sizes,
            static size => size.Bytes > 15_000 || size.Instructions > 5_000 || size.Locals > 500 || size.BasicBlocks > 500);

    /// <summary>150 lines; one that is broken to fit the columns counts once.</summary>
    [Theory]
    [MemberData(nameof(Models.All), MemberType = typeof(Models))]
    public void Methods_FitThreeScreens(string model) => Assert.DoesNotContain(MethodsOf(model).Texts, static method => method.Lines > 150);

    [Theory]
    [MemberData(nameof(Models.All), MemberType = typeof(Models))]
    public void Lines_FitTheColumns(string model) => Assert.Empty(MethodsOf(model).WideLines);

    /// <summary>
    /// Unrolling is over tiles, heads and groups; a wider or deeper model is the same text with other constants. (Widths that are one
    /// number share their kernels, so that no two of these are.)
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData(", Training = true")]
    public void Output_DoesNotGrowWithDimAndLayers(string option)
    {
        const string Heads = "Heads = 8, KvHeads = 4, HeadDim = 64";
        string small =
            $"[Llamalith.LlamaModel(Dim = 768, FfnDim = 1536, Layers = 2, {Heads}, VocabSize = 2000{option})] partial class Model;";
        string large =
            $"[Llamalith.LlamaModel(Dim = 8192, FfnDim = 32768, Layers = 96, {Heads}, VocabSize = 65000{option})] partial class Model;";
        Assert.Equal(LinesOf(small), LinesOf(large));

        static int LinesOf(string model) => Compiler.Generate(model).Sum(static file => file.SourceText.Lines.Count);
    }

    /// <summary>Below the constants sizes have names, as in Dim or KvDim.</summary>
    [Fact]
    public void Output_NamesItsDimensions()
    {
        // Sizes unlike any tile, lane count or block length, so that one found in the text can be nothing else.
        const string model =
            "[Llamalith.LlamaModel(Dim = 1234, FfnDim = 3457, Layers = 19, Heads = 6, KvHeads = 3, HeadDim = 38, VocabSize = 7919, Context "
                + "= 613, Training = true)] partial class Model;";
        string[] sizes = ["1234", "3457", "7919", "613"];
        foreach (GeneratedSourceResult file in Compiler.Generate(model))
        {
            foreach (SyntaxToken literal in file.SyntaxTree.GetRoot(TestContext.Current.CancellationToken).DescendantTokens()
                .Where(static token => token.IsKind(SyntaxKind.NumericLiteralToken)))
            {
                bool isConstant = literal.Parent!.FirstAncestorOrSelf<FieldDeclarationSyntax>() is FieldDeclarationSyntax field
                    && field.Modifiers.Any(SyntaxKind.ConstKeyword);
                Assert.True(isConstant || !sizes.Contains(Digits().Match(literal.Text).Value),
                    $"{file.HintName} has the literal {literal.Text} in {literal.Parent.Parent}.");
            }
        }
    }

    // Each model is generated and compiled once for the tests of its methods; tests of one class run one after the other.
    private static Methods MethodsOf(string model)
    {
        if (!s_methods.TryGetValue(model, out Methods? methods))
        {
            byte[] image = Compiler.Emit(model, out ImmutableArray<SyntaxTree> generated);
            s_methods[model] = methods = new Methods(
                MethodSize.ReadAll(image),
                [.. generated.SelectMany(TextsOf)],
                [.. generated.SelectMany(static file => Columns.TooWide(Path.GetFileName(file.FilePath), file.ToString()))]);
        }

        return methods;
    }

    private static IEnumerable<MethodText> TextsOf(SyntaxTree file)
    {
        foreach (BaseMethodDeclarationSyntax method in file.GetRoot(TestContext.Current.CancellationToken).DescendantNodes()
            .OfType<BaseMethodDeclarationSyntax>())
        {
            int first = file.GetLineSpan(method.Span, TestContext.Current.CancellationToken).StartLinePosition.Line + 1;
            yield return new MethodText(Path.GetFileName(file.FilePath), first, method.ToString().Split('\n').Count(EndsSomething));
        }
    }

    private static bool EndsSomething(string line) =>
        line.TrimEnd() is "" or [.., ';' or '{' or '}' or ':' or ']'] || line.TrimStart().StartsWith("//", StringComparison.Ordinal);

    private sealed record Methods(IReadOnlyList<MethodSize> Sizes, IReadOnlyList<MethodText> Texts, IReadOnlyList<string> WideLines);

    private sealed record MethodText(string File, int FirstLine, int Lines);

    [GeneratedRegex("^[0-9_]+")]
    private static partial Regex Digits();
}
