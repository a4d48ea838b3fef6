using System;
using System.Linq;
using System.Threading.Tasks;
using System.Xml.Linq;

namespace Llamalith.Tests;

public sealed class PackageTests(LocalFeed feed)
{
    private const string Model = """

        [Llamalith.LlamaModel(Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, KvHeads = 4, VocabSize = 512, Context = 512)]
        public sealed partial class Tiny;
        """;

    [Theory]
    [InlineData("Llamalith", "LICENSE", "README.md", "lib/net10.0/_._")]
    [InlineData("Llamalith.Attributes", "LICENSE", "README.md", "lib/netstandard2.0/Llamalith.Attributes.dll",
        "lib/netstandard2.0/Llamalith.Attributes.xml")]
    [InlineData("Llamalith.Runtime", "LICENSE", "README.md", "lib/net10.0/Llamalith.Runtime.dll", "lib/net10.0/Llamalith.Runtime.xml")]
    [InlineData(
        "Llamalith.Generator",
        "LICENSE",
        "README.md",
        "analyzers/dotnet/cs/Llamalith.Generator.CodeFixes.dll",
        "analyzers/dotnet/cs/Llamalith.Generator.dll",
        "buildTransitive/Llamalith.Files.targets",
        "buildTransitive/Llamalith.Generator.props",
        "buildTransitive/Llamalith.Generator.targets",
        "buildTransitive/Llamalith.Kernels.targets",
        "buildTransitive/Llamalith.Launcher.targets",
        "buildTransitive/Llamalith.Targets.targets",
        "buildTransitive/Llamalith.Weights.targets",
        "buildTransitive/launcher/Launcher.csproj",
        "buildTransitive/launcher/Processor.cs",
        "buildTransitive/launcher/Program.cs",
        "tools/net10.0/Llamalith.Attributes.dll",
        "tools/net10.0/Llamalith.Packer.dll",
        "tools/net10.0/Llamalith.Packer.runtimeconfig.json",
        "tools/net10.0/Llamalith.Runtime.dll")]
    public void Package_HoldsExactlyThis(string package, params string[] contents)
    {
        Assert.Equal(contents, feed.ContentsOf(package));
        XElement manifest = feed.ManifestOf(package);
        Assert.Equal("README.md", (string?)manifest.Element("readme"));
        Assert.Equal("MIT", (string?)manifest.Element("license"));
        Assert.NotEmpty((string?)manifest.Element("description") ?? "");
    }

    [Fact]
    public void MetaPackage_BringsAllThreeWithTheirAnalyzersAndProps()
    {
        XElement[] dependencies = [.. feed.ManifestOf("Llamalith").Descendants("dependency")];
        Assert.Equal(["Llamalith.Attributes", "Llamalith.Generator", "Llamalith.Runtime"],
            dependencies.Select(static d => (string?)d.Attribute("id")).Order(StringComparer.Ordinal));
        Assert.All(dependencies, d => Assert.Equal("All", (string?)d.Attribute("include")));
        Assert.All(dependencies, d => Assert.Equal(feed.Version, (string?)d.Attribute("version")));
    }

    [Fact]
    public void Generator_IsADevelopmentDependencyWithoutDependencies()
    {
        XElement manifest = feed.ManifestOf("Llamalith.Generator");
        Assert.Equal("true", (string?)manifest.Element("developmentDependency"));
        Assert.Empty(manifest.Descendants("dependency"));
    }

    /// <summary>The whole way: a checkpoint is written, opened, bound and decoded, by an engine that the packaged compiler made.</summary>
    [Fact]
    public async Task Consumer_BuildsAndRunsWithoutSettingAProperty()
    {
        const string program = """
            using System;
            using System.IO;
            using Llamalith.Llama2c;

            string path = Path.Combine(AppContext.BaseDirectory, "model.bin");
            Llama2cHeader header = new()
            {
                Version = 0, Dim = Tiny.Dim, FfnDim = Tiny.FfnDim, Layers = Tiny.Layers, Heads = Tiny.Heads, KvHeads = Tiny.KvHeads,
                VocabSize = Tiny.VocabSize, Context = Tiny.Context, SharedClassifier = false,
            };
            Random random = new(1);
            Llama2cWriter.Write(path, header, (array, layer, row, values) =>
            {
                foreach (ref float value in values)
                    value = (random.NextSingle() - 0.5f) / 4;
            });
            using Tiny model = Tiny.Load(path);
            float decoded = 0;
            foreach (int token in new[] { 1, 2, 3 })
                decoded = model.Decode(token)[7];
            model.Truncate(0);
            float prefilled = model.Prefill([1, 2, 3])[7];
            Console.WriteLine($"{Tiny.Parameters} parameters, position {model.Position}, logits agree: {float.Abs(decoded - prefilled) < 1e-3f}");

            """;
        string consumer = feed.CreateConsumer("Consumer", program + Model);
        string output = await Dotnet.SucceedAsync(consumer, TestContext.Current.CancellationToken, "run", "--configuration", "Release");
        Assert.Equal("292800 parameters, position 3, logits agree: True", output.TrimEnd());
    }

    /// <summary>Also of what only a build ahead of time can know.</summary>
    [Fact]
    public async Task Consumer_IsToldOfBadModelsByThePackagedAnalyzer()
    {
        string bad = Model.Replace("KvHeads = 4", "KvHeads = 3", StringComparison.Ordinal).Replace("Tiny", "Bad", StringComparison.Ordinal);
        string consumer = feed.CreateConsumer("BadConsumer", Model + bad + "static class Program { static void Main() { } }");
        (int exitCode, string output) = await Dotnet.RunAsync(
            consumer, TestContext.Current.CancellationToken, "build", "-r", "linux-x64", "-p:PublishAot=true", "-p:LlamalithTargets=avx512",
            "-p:IlcInstructionSet=x86-64-v3");
        Assert.Equal(1, exitCode);
        Assert.Contains("error LLAMA008: Heads = 8 is not divisible by KvHeads = 3; the nearest number that divides it is 4", output,
            StringComparison.Ordinal);
        Assert.Contains("error LLAMA021: ", output, StringComparison.Ordinal);
        Assert.Contains("set LlamalithTargets to avx2 or avx512", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Consumer_OfAnOlderFrameworkIsToldByTheRestore()
    {
        string consumer = feed.CreateConsumer("Older", Model);
        (int exitCode, string output) =
            await Dotnet.RunAsync(consumer, TestContext.Current.CancellationToken, "restore", "-p:TargetFramework=net8.0");
        Assert.Equal(1, exitCode);
        Assert.Contains($"error NU1202: Package Llamalith {feed.Version} is not compatible with net8.0", output, StringComparison.Ordinal);
    }
}
