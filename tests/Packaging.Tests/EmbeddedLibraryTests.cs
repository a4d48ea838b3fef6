using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using System.Xml.Linq;

namespace Llamalith.Tests;

/// <summary>Weights within libraries, one of the same solution and one from a package, and in the program that uses both.</summary>
public sealed class EmbeddedLibraryTests(LocalFeed feed)
{
    /// <summary>One instruction set is enough for what is asked here.</summary>
    private const string OneTarget = "-p:LlamalithTargets=native";

    private const string Program = """
        using System;
        using System.IO;
        using System.Linq;
        using Llamalith.Contracts;

        string folder = args[0];
        float[] a = Logits(A.Load()), b = Logits(B.Load()), beside = Logits(Beside.Model.Load()), packed = Logits(Packed.Model.Load());
        Console.WriteLine(
            $"a/m.bin {a.SequenceEqual(Logits(A.Load(Path.Combine(folder, "Twins", "a", "m.bin"))))}, "
            + $"b/m.bin {b.SequenceEqual(Logits(B.Load(Path.Combine(folder, "Twins", "b", "m.bin"))))}, "
            + $"library {beside.SequenceEqual(Logits(Beside.Model.Load(Path.Combine(folder, "Beside", "m.bin"))))}, "
            + $"package {packed.SequenceEqual(Logits(Packed.Model.Load(Path.Combine(folder, "Packed", "m.bin"))))}, "
            + $"{new[] { a, b, beside, packed }.Select(logits => logits[0]).Distinct().Count()} of 4 different");

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

    /// <summary>
    /// Files of one name in different folders, in a library beside and in one from a package: each class has its own, wherever they had to
    /// go. The projects lie where a shell would not find them.
    /// </summary>
    [Fact]
    public async Task Weights_AreThoseOfTheirOwnAssemblyAndName()
    {
        const string Folder = "it's $HOME `x` & é";
        CreateLibrary("Packed", Folder, seed: 3, new XElement("PropertyGroup", new XElement("Version", feed.Version)));
        CreateLibrary("Beside", Folder, seed: 4);
        string app = feed.CreateConsumer(
            "Twins",
            Program,
            Folder,
            new XElement(
                "ItemGroup",
                new XElement("PackageReference", new XAttribute("Include", "Packed"), new XAttribute("Version", $"[{feed.Version}]")),
                new XElement("ProjectReference", new XAttribute("Include", "../Beside/Beside.csproj"))));
        TinyModel.Write(Path.Combine(app, "a", "m.bin"), seed: 1);
        TinyModel.Write(Path.Combine(app, "b", "m.bin"), seed: 2);

        string packed = Path.Combine(app, "..", "Packed");
        await Dotnet.SucceedAsync(
            packed, TestContext.Current.CancellationToken, "pack", "-o", feed.Packages, OneTarget, "-p:LlamalithResourceLimit=1000");
        Assert.Superset(
            new HashSet<string> { "buildTransitive/net10.0/Packed.targets", "llamalith/net10.0/Packed/m.bin.llith" },
            feed.ContentsOf("Packed").ToHashSet());

        // Each of the program's two would fit, but not both together.
        string output = await Dotnet.SucceedAsync(
            app, TestContext.Current.CancellationToken, "run", "--configuration", "Release", OneTarget, "-p:LlamalithResourceLimit=400000",
            "--", Path.Combine(app, ".."));
        Assert.Equal("a/m.bin True, b/m.bin True, library True, package True, 4 of 4 different", output.TrimEnd());
        string[] beside = Directory.GetFiles(Path.Combine(app, "bin"), "*.llith", SearchOption.AllDirectories);
        Assert.Contains(beside, static file => file.EndsWith(Path.Combine("llamalith", "Packed", "m.bin.llith"), StringComparison.Ordinal));
        Assert.Single(beside, static file => file.Contains(Path.Combine("llamalith", "Twins"), StringComparison.Ordinal));
    }

    private void CreateLibrary(string name, string folder, int seed, params XElement[] more)
    {
        string library = feed.CreateConsumer(
            name,
            $"""
            namespace {name};

            [Llamalith.LlamaModel(Dim = 64, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "m.bin")]
            public sealed partial class Model;
            """,
            folder,
            [new XElement("PropertyGroup", new XElement("OutputType", "Library")), .. more]);
        TinyModel.Write(Path.Combine(library, "m.bin"), seed);
    }
}
