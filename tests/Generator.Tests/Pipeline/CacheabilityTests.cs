using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Llamalith.Generator;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Tests.Pipeline;

public sealed class CacheabilityTests
{
    private const string Model = """
        using Llamalith;

        namespace My;

        [LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512)]
        public sealed partial class Tiny;
        """;

    private const string Elsewhere = "namespace My; class Other { int Answer() => 42; }";

    private static readonly string[] s_steps = [TrackingNames.Requests, TrackingNames.Options, TrackingNames.Specs, TrackingNames.Placed];

    [Fact]
    public void SameCompilation_RunsNothingAgain()
    {
        GeneratorRunResult second = RunTwice(static compilation => compilation);
        foreach (string step in s_steps)
            Assert.All(ReasonsOf(second, step), reason => Assert.Equal(IncrementalStepRunReason.Cached, reason));
        AssertNoNewOutput(second);
    }

    [Theory]
    [InlineData(Elsewhere, "// a remark\n" + Elsewhere)]
    [InlineData(Elsewhere, "namespace My; class Other { int Answer() => 43; }")]
    [InlineData(Model, "// a remark above the model, which moves every line below\n" + Model)]
    public void EditElsewhere_ChangesNothing(string before, string after)
    {
        GeneratorRunResult second = RunTwice(compilation => Replace(compilation, before, after));
        foreach (string step in s_steps)
            Assert.All(ReasonsOf(second, step), reason => Assert.Contains(reason, s_nothingNew));
        AssertNoNewOutput(second);
    }

    [Fact]
    public void EditOfTheModel_EmitsItAnew()
    {
        GeneratorRunResult second =
            RunTwice(compilation => Replace(compilation, Model, Model.Replace("Layers = 5", "Layers = 6", StringComparison.Ordinal)));
        Assert.Equal([IncrementalStepRunReason.Modified], ReasonsOf(second, TrackingNames.Requests));
        Assert.Equal([IncrementalStepRunReason.Modified], ReasonsOf(second, TrackingNames.Placed));
    }

    [Fact]
    public void EditOfOneModel_LeavesTheOtherAlone()
    {
        string other = Model.Replace("Tiny", "Second", StringComparison.Ordinal);
        GeneratorRunResult second = RunTwice(
            compilation => Replace(compilation, other, other.Replace("Layers = 5", "Layers = 6", StringComparison.Ordinal)), other);
        Assert.Equal(
            [IncrementalStepRunReason.Unchanged, IncrementalStepRunReason.Modified],
            ReasonsOf(second, TrackingNames.Placed).Order().Reverse());
        Assert.Contains(second.TrackedOutputSteps.SelectMany(static step => step.Value), static step =>
            step.Outputs.All(static output => output.Reason == IncrementalStepRunReason.Cached));
    }

    [Fact]
    public void Steps_HoldValuesThatCompareByValue()
    {
        GeneratorRunResult first = Run(Compiler.Compile(Model), Compiler.CreateDriver(), out _);
        GeneratorRunResult again = Run(Compiler.Compile(Model), Compiler.CreateDriver(), out _);
        foreach (string step in s_steps)
        {
            object[] values = ValuesOf(first, step);
            Assert.NotEmpty(values);
            Assert.Equal(values, ValuesOf(again, step));
            Assert.All(values, value => Assert.StartsWith("Llamalith.Generator.Spec", value.GetType().Namespace, StringComparison.Ordinal));
        }
    }

    private static readonly HashSet<IncrementalStepRunReason> s_nothingNew =
        [IncrementalStepRunReason.Cached, IncrementalStepRunReason.Unchanged];

    private static GeneratorRunResult RunTwice(Func<CSharpCompilation, CSharpCompilation> edit, params string[] more)
    {
        CSharpCompilation compilation = Compiler.Compile([Model, Elsewhere, .. more]);
        Run(compilation, Compiler.CreateDriver(), out GeneratorDriver driver);
        return Run(edit(compilation), driver, out _);
    }

    private static GeneratorRunResult Run(CSharpCompilation compilation, GeneratorDriver driver, out GeneratorDriver next)
    {
        next = driver.RunGenerators(compilation, TestContext.Current.CancellationToken);
        GeneratorRunResult result = Assert.Single(next.GetRunResult().Results);
        Assert.Null(result.Exception);
        Assert.NotEmpty(result.GeneratedSources);
        return result;
    }

    // As an editor does it: the tree is edited, not parsed anew.
    private static CSharpCompilation Replace(CSharpCompilation compilation, string before, string after)
    {
        SyntaxTree tree = compilation.SyntaxTrees.Single(tree => tree.ToString() == before);
        return compilation.ReplaceSyntaxTree(tree, tree.WithChangedText(SourceText.From(after)));
    }

    private static IncrementalStepRunReason[] ReasonsOf(GeneratorRunResult result, string step) =>
        [.. StepsOf(result, step).SelectMany(static run => run.Outputs).Select(static output => output.Reason)];

    private static object[] ValuesOf(GeneratorRunResult result, string step) =>
        [.. StepsOf(result, step).SelectMany(static run => run.Outputs).Select(static output => output.Value)];

    private static ImmutableArray<IncrementalGeneratorRunStep> StepsOf(GeneratorRunResult result, string step)
    {
        Assert.True(
            result.TrackedSteps.TryGetValue(step, out ImmutableArray<IncrementalGeneratorRunStep> runs), $"There is no step {step}.");
        return runs;
    }

    private static void AssertNoNewOutput(GeneratorRunResult result) => Assert.All(
        result.TrackedOutputSteps.SelectMany(static step => step.Value).SelectMany(static run => run.Outputs),
        static output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
}
