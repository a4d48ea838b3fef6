using System;
using System.IO;
using System.Linq;
using System.Threading;
using Llamalith.Cli.Compilation;
using Llamalith.Contracts;
using Llamalith.Generator;
using Llamalith.Tools;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Tests.Models;

/// <summary>Classes that are made from files of the family: the engines are those of classes that spell everything out.</summary>
public sealed class FromFileTests
{
    private static readonly CSharpParseOptions s_parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14);

    [Fact]
    public void Engine_IsThatOfTheClassSpelledOut()
    {
        string family = Path.GetDirectoryName(SharedData.PathOrSkip("family/README.md"))!;
        int compared = 0;
        foreach (string folder in Directory.GetDirectories(family).Order(StringComparer.Ordinal))
        {
            string gguf = Path.Combine(folder, "model.gguf"), path = File.Exists(gguf) ? gguf : folder;
            Checkpoint checkpoint;
            try
            {
                checkpoint = Checkpoint.Open(path);
            }
            catch (ModelFormatException)
            {
                // Not run yet, or never.
                continue;
            }

            using (checkpoint)
            {
                ModelClass spelled = ModelClass.For(checkpoint, "Model") with { Isa = Isa.Scalar };
                ModelClass from = spelled with { From = "m.gguf", FromShape = spelled.Shape };
                TextOf text = new(ModelDescription.Of(checkpoint, "m.gguf").ToJson());
                Assert.Equal(Generate(ModelClassWriter.WriteFile(spelled)), Generate(ModelClassWriter.WriteFile(from), text));
                compared++;
            }
        }

        Assert.True(compared > 10, $"Only {compared} models could be opened.");
    }

    private static string[] Generate(string source, params AdditionalText[] files)
    {
        string[] platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Project",
            [CSharpSyntaxTree.ParseText(source, s_parsing)],
            platform.Where(static path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal)
                || name.StartsWith("Llamalith.", StringComparison.Ordinal) || name == "netstandard.dll"))
                .Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        GeneratorRunResult result = CSharpGeneratorDriver.Create([new LlamaGenerator().AsSourceGenerator()], files, s_parsing)
            .RunGenerators(compilation, TestContext.Current.CancellationToken).GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        Assert.NotEmpty(result.GeneratedSources);
        return [.. result.GeneratedSources.Select(static file => file.SourceText.ToString())];
    }

    private sealed class TextOf(string text) : AdditionalText
    {
        public override string Path => "/project/m.llamalith.json";

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text);
    }
}
