using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>Weights and prompts within a program that is run where it was built.</summary>
public sealed class EmbeddedModelTests(LocalFeed feed)
{
    /// <summary>One instruction set is enough for what is asked here, and packing for `native` is asked nowhere else.</summary>
    private const string OneTarget = "-p:LlamalithTargets=native";

    [Fact]
    public async Task WeightsAndPrompts_ArePackedOnceAndUsedWhereTheyLie()
    {
        string consumer = EmbeddedProgram.Create(feed, "Embedding");
        Assert.Equal(EmbeddedProgram.Expected, await Run(consumer, OneTarget));
        Assert.Contains(
            "\"Layers\": { \"key\": \"n_layers\", \"value\": 2 }",
            File.ReadAllText(Path.Combine(consumer, "fable.llamalith.json")), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(consumer, "bin"), "*.llith", SearchOption.AllDirectories));
        long weights = 2 * new FileInfo(Path.Combine(consumer, "fable.bin")).Length;
        Assert.InRange(new FileInfo(Directory.GetFiles(Path.Combine(consumer, "bin"), "Embedding.dll", SearchOption.AllDirectories)
            .Single()).Length, weights, weights + 1_000_000);

        // Header, checksum, tokens, the cache's header with what decides its bits, and eleven positions of two layers, two heads, 16
        // numbers of two bytes, keys and values.
        FileInfo prompt = new(Single(consumer, "system", "Halves.prompts"));
        Assert.InRange(prompt.Length - (11 * (4 + (2 * 2 * 2 * 16 * 2))), 60, 600);

        // Neither a second build nor other code packs or prefills again.
        FileInfo packed = new(Single(consumer, "fable.bin.llith", Path.Combine("weights", "fable.bin")));
        (DateTime madePrompt, DateTime madeWeights) = (prompt.LastWriteTimeUtc, packed.LastWriteTimeUtc);
        File.AppendAllText(Path.Combine(consumer, "Program.cs"), "// Nothing.\n");
        Assert.Equal(EmbeddedProgram.Expected, await Run(consumer, "--no-restore", OneTarget));
        prompt.Refresh();
        packed.Refresh();
        Assert.Equal((madePrompt, madeWeights), (prompt.LastWriteTimeUtc, packed.LastWriteTimeUtc));

        // Another text does; and weights that are too large for a resource lie beside the program.
        File.WriteAllText(
            Path.Combine(consumer, "Program.cs"), EmbeddedProgram.Text.Replace("a bad cab", "a bad dab", StringComparison.Ordinal));
        Assert.Equal(EmbeddedProgram.Expected, await Run(consumer, "--no-restore", OneTarget, "-p:LlamalithResourceLimit=1000"));
        prompt.Refresh();
        Assert.NotEqual(madePrompt, prompt.LastWriteTimeUtc);
        string folder = Path.GetDirectoryName(Single(consumer, "Embedding.dll", "", "bin"))!,
            beside = Path.Combine(folder, "llamalith", "Embedding");
        Assert.Equal(
            [Path.Combine(beside, "fable.bin.llith"), Path.Combine(beside, "twin", "fable.bin.llith")],
            Directory.GetFiles(folder, "*.llith", SearchOption.AllDirectories).Order(StringComparer.Ordinal));

        // Those of another build, or of another name, are not taken for them.
        File.Copy(Path.Combine(beside, "twin", "fable.bin.llith"), Path.Combine(beside, "fable.bin.llith"), overwrite: true);
        (int exitCode, string output) = await Dotnet.RunAsync(
            consumer, TestContext.Current.CancellationToken, Path.Combine(folder, "Embedding.dll"), Path.Combine(consumer, "fable.bin"));
        Assert.NotEqual(0, exitCode);
        Assert.Contains($"{Path.Combine(beside, "fable.bin.llith")} holds the weights ", output, StringComparison.Ordinal);
        Assert.Contains("but Embedding was built with ", output, StringComparison.Ordinal);
    }

    private static string Single(string consumer, string file, string within, string folder = "obj") =>
        Directory.GetFiles(Path.Combine(consumer, folder), file, SearchOption.AllDirectories)
        .Single(path => path.Contains(within, StringComparison.Ordinal));

    private static Task<string> Run(string consumer, params string[] options) => Dotnet.SucceedAsync(
        consumer, TestContext.Current.CancellationToken,
        ["run", "--configuration", "Release", .. options, "--", Path.Combine(consumer, "fable.bin")]);
}
