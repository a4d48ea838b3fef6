using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>[LlamaModel(EmbeddedWeights = "...")] in a project that has the package and nothing else.</summary>
public sealed class EmbeddedWeightsTests(LocalFeed feed)
{
    private const string Expected = "from outside and within: same logits True";

    private const string Program = """
        using System;
        using System.IO;
        using System.Linq;

        using Tiny within = Tiny.Load();
        using Tiny outside = Tiny.Load(Path.Combine(args[0], "fable.bin"));
        float[] expected = outside.Prefill([1, 2, 3]).ToArray();
        Console.WriteLine($"from outside and within: same logits {within.Prefill([1, 2, 3]).SequenceEqual(expected)}");

        static class Names { public const string File = "fable.bin"; public const int Layers = 2; }

        [Llamalith.LlamaModel(
            Dim = 64, FfnDim = 96, Layers = Names.Layers, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, // EmbeddedWeights = "none.bin"
            EmbeddedWeights = Names.File)]
        public sealed partial class Tiny;
        """;

    [Fact]
    public async Task Weights_AreUsedWhereTheyLieInTheAssembly()
    {
        string consumer = Create("Embedding");
        Assert.Equal(Expected, await Run(consumer));
        Assert.Empty(Directory.GetFiles(Path.Combine(consumer, "bin"), "*.llith", SearchOption.AllDirectories));
        Assert.InRange(new FileInfo(Directory.GetFiles(Path.Combine(consumer, "bin"), "Embedding.dll", SearchOption.AllDirectories).Single()).Length, 350_000, 1_500_000);

        // Packed once: a second build finds everything as it was.
        string packed = Directory.GetFiles(Path.Combine(consumer, "obj"), "fable.bin", SearchOption.AllDirectories).Single();
        DateTime made = File.GetLastWriteTimeUtc(packed);
        Assert.Equal(Expected, await Run(consumer, "--no-restore"));
        Assert.Equal(made, File.GetLastWriteTimeUtc(packed));

        // Too large for a resource: beside the program.
        Assert.Equal(Expected, await Run(consumer, "--no-restore", "-p:LlamalithResourceLimit=1000"));
        Assert.NotEmpty(Directory.GetFiles(Path.Combine(consumer, "bin"), "fable.bin.llith", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Build_SaysWhatIsWrongWithTheFile()
    {
        string consumer = Create("BadEmbedding");
        string program = File.ReadAllText(Path.Combine(consumer, "Program.cs"));
        await Fails(program.Replace("Names.File)]", "\"missing.bin\")]", StringComparison.Ordinal), "Program.cs(12): error LLAMA030: EmbeddedWeights = missing.bin, but there is no ");
        await Fails(program.Replace("Names.File)]", "Names.Fable)]", StringComparison.Ordinal), "error LLAMA030: EmbeddedWeights must be a string or a constant of this project's sources");
        await Fails(program.Replace("int Layers = 2", "int Layers = 3", StringComparison.Ordinal), "error LLAMA031: fable.bin holds another model than the class is compiled for: Layers = 3, but n_layers = 2");
        File.WriteAllText(Path.Combine(consumer, "fable.bin"), "no model");
        await Fails(program, "error LLAMA032: ");

        async Task Fails(string source, string message)
        {
            File.WriteAllText(Path.Combine(consumer, "Program.cs"), source);
            string[] restored = File.Exists(Path.Combine(consumer, "obj", "project.assets.json")) ? ["--no-restore"] : [];
            (int exitCode, string output) = await Dotnet.RunAsync(consumer, TestContext.Current.CancellationToken, ["build", .. restored]);
            Assert.Equal(1, exitCode);
            Assert.Contains(message, output, StringComparison.Ordinal);
        }
    }

    /// <summary>Weights too large for a resource; those in one are PromptTests'.</summary>
    [Fact]
    public async Task NativeExecutable_HoldsItsWeightsBehindItsCode()
    {
        Programs.SkipUnlessLinkable();
        string consumer = Create("Native");
        string output = await Dotnet.SucceedAsync(
            consumer, TestContext.Current.CancellationToken, "publish", "-c", "Release", "-r", "linux-x64", "-p:PublishAot=true", "-p:LlamalithTargets=avx2", "-p:LlamalithResourceLimit=1000", "-o", "out");
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(consumer, "out", "fable.bin.llith")));
        Assert.Equal(Expected, (await Dotnet.StartAsync(Path.Combine(consumer, "out", "Native"), consumer, TestContext.Current.CancellationToken, consumer)).TrimEnd());
    }

    private static async Task<string> Run(string consumer, params string[] options) =>
        (await Dotnet.SucceedAsync(consumer, TestContext.Current.CancellationToken, ["run", "--configuration", "Release", .. options, "--", consumer])).TrimEnd();

    private string Create(string name)
    {
        string consumer = feed.CreateConsumer(name, Program);
        TinyModel.Write(Path.Combine(consumer, "fable.bin"));
        return consumer;
    }
}
