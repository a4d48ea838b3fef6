using System;
using System.Collections.Generic;
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
        string packed = Directory.GetFiles(Path.Combine(consumer, "obj"), "fable.bin.llith", SearchOption.AllDirectories).Single();
        DateTime made = File.GetLastWriteTimeUtc(packed);
        Assert.Equal(Expected, await Run(consumer, "--no-restore"));
        Assert.Equal(made, File.GetLastWriteTimeUtc(packed));

        // Too large for a resource: beside the program.
        Assert.Equal(Expected, await Run(consumer, "--no-restore", "-p:LlamalithResourceLimit=1000"));
        string beside = Directory.GetFiles(Path.Combine(consumer, "bin"), "fable.bin.llith", SearchOption.AllDirectories).Single();
        Assert.EndsWith(Path.Combine("llamalith", "Embedding", "fable.bin.llith"), beside, StringComparison.Ordinal);

        // Those of another build are not taken for them.
        TinyModel.Write(Path.Combine(consumer, "fable.bin"), seed: 2);
        byte[] first = File.ReadAllBytes(beside);
        await Run(consumer, "--no-restore", "-p:LlamalithResourceLimit=1000");
        File.WriteAllBytes(beside, first);
        (int exitCode, string output) = await Dotnet.RunAsync(consumer, TestContext.Current.CancellationToken, "run", "--configuration", "Release", "--no-build", "--", consumer);
        Assert.NotEqual(0, exitCode);
        Assert.Contains("but Embedding was built with ", output, StringComparison.Ordinal);
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

    /// <summary>
    /// Files of one name in different folders, in a library beside and in one from a package: each class has its own, wherever they had to go. The
    /// projects lie where no shell would find them.
    /// </summary>
    [Fact]
    public async Task Weights_AreThoseOfTheirOwnAssemblyAndName()
    {
        const string Folder = "it's $HOME `x` & 100%25;é";
        CreateLibrary("Packed", Folder, seed: 3, $"<PropertyGroup><Version>{feed.Version}</Version></PropertyGroup>");
        CreateLibrary("Beside", Folder, seed: 4, "");
        string app = feed.CreateConsumer("Twins", Twins("Twins", "Beside", "Packed"), Folder, $"""
            <ItemGroup>
              <PackageReference Include="Packed" Version="[{feed.Version}]" />
              <ProjectReference Include="../Beside/Beside.csproj" />
            </ItemGroup>
            """);
        TinyModel.Write(Path.Combine(app, "a", "m.bin"), seed: 1);
        TinyModel.Write(Path.Combine(app, "b", "m.bin"), seed: 2);

        string packed = Path.Combine(app, "..", "Packed");
        await Dotnet.SucceedAsync(packed, TestContext.Current.CancellationToken, "pack", "-o", feed.Packages, "-p:LlamalithResourceLimit=1000");
        Assert.Superset(
            new HashSet<string> { "buildTransitive/net10.0/Packed.targets", "llamalith/net10.0/Packed/m.bin.llith" }, feed.ContentsOf("Packed").ToHashSet());

        // Two of them would fit one by one, but not together.
        string output = await Dotnet.SucceedAsync(app, TestContext.Current.CancellationToken, ["run", "--configuration", "Release", "-p:LlamalithResourceLimit=600000", "--", Path.Combine(app, "..")]);
        Assert.Equal(TwinsExpected, output.TrimEnd());
        string[] beside = Directory.GetFiles(Path.Combine(app, "bin"), "*.llith", SearchOption.AllDirectories);
        Assert.Contains(beside, static file => file.EndsWith(Path.Combine("llamalith", "Packed", "m.bin.llith"), StringComparison.Ordinal));
        Assert.Single(beside, static file => file.Contains(Path.Combine("llamalith", "Twins"), StringComparison.Ordinal));
    }

    /// <summary>Weights too large for a resource; those in one are PromptTests'.</summary>
    [Fact]
    public async Task NativeExecutable_HoldsItsWeightsBehindItsCode()
    {
        Programs.SkipUnlessLinkable();
        CreateLibrary("NativeBeside", "Native", seed: 4, "");
        string app = feed.CreateConsumer(
            "NativeTwins",
            Twins("NativeTwins", "NativeBeside", "NativeBeside"),
            "Native",
            """<ItemGroup><ProjectReference Include="../NativeBeside/NativeBeside.csproj" /></ItemGroup>""");
        TinyModel.Write(Path.Combine(app, "a", "m.bin"), seed: 1);
        TinyModel.Write(Path.Combine(app, "b", "m.bin"), seed: 2);
        string output = await Dotnet.SucceedAsync(
            app, TestContext.Current.CancellationToken, "publish", "-c", "Release", "-r", "linux-x64", "-p:PublishAot=true", "-p:LlamalithTargets=avx2", "-p:LlamalithResourceLimit=1000", "-o", "out");
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(Path.Combine(app, "out"), "*.llith", SearchOption.AllDirectories));
        Assert.Equal(
            TwinsExpected,
            (await Dotnet.StartAsync(Path.Combine(app, "out", "NativeTwins"), app, TestContext.Current.CancellationToken, Path.Combine(app, ".."))).TrimEnd());
    }

    private const string TwinsExpected = "a/m.bin True, b/m.bin True, library True, package True, all different True";

    private static string Twins(string app, string library, string package) => $$"""
        using System;
        using System.IO;
        using System.Linq;
        using Llamalith.Contracts;

        string folder = args[0];
        float[] a = Logits(A.Load()), b = Logits(B.Load()), library = Logits({{library}}.Model.Load()), package = Logits({{package}}.Model.Load());
        bool ofA = Logits(A.Load(Path.Combine(folder, "{{app}}", "a", "m.bin"))).SequenceEqual(a);
        bool ofB = Logits(B.Load(Path.Combine(folder, "{{app}}", "b", "m.bin"))).SequenceEqual(b);
        bool ofLibrary = Logits({{library}}.Model.Load(Path.Combine(folder, "{{library}}", "m.bin"))).SequenceEqual(library);
        bool ofPackage = Logits({{package}}.Model.Load(Path.Combine(folder, "{{package}}", "m.bin"))).SequenceEqual(package);
        bool different = new[] { a, b, library }.Select(logits => logits[0]).Distinct().Count() == 3;
        Console.WriteLine($"a/m.bin {ofA}, b/m.bin {ofB}, library {ofLibrary}, package {ofPackage}, all different {different}");

        static float[] Logits(ILlamaModel model)
        {
            using ILlamaModel owned = model;
            return model.Prefill([1, 2, 3]).ToArray();
        }

        [Llamalith.LlamaModel(Dim = 64, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "a/m.bin")]
        public sealed partial class A;

        [Llamalith.LlamaModel(Dim = 64, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "b/m.bin")]
        public sealed partial class B;
        """;

    private void CreateLibrary(string name, string folder, int seed, string project)
    {
        string library = feed.CreateConsumer(
            name,
            $"""
            namespace {name};

            [Llamalith.LlamaModel(Dim = 64, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "m.bin")]
            public sealed partial class Model;
            """,
            folder,
            $"<PropertyGroup><OutputType>Library</OutputType></PropertyGroup>{project}");
        TinyModel.Write(Path.Combine(library, "m.bin"), seed);
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
