using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Xml.Linq;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Tests.House;

/// <summary>
/// What each room may look into, as docs/ARCHITECTURE.md draws it. Seen are using directives and qualified names; a name in a string is
/// text to emit.
/// </summary>
public sealed class WallsTests
{
    private const string Roslyn = "Microsoft.CodeAnalysis";
    private const string Packer = "Runtime/Packer";

    /// <summary>Rooms, as folders or files, and the namespaces closed to them.</summary>
    private static readonly (string Room, string[] Closed)[] s_walls =
    [
        ("Generator/Spec", [Roslyn, "Llamalith.Generator.Reading", "Llamalith.Generator.Planning", "Llamalith.Generator.Emission"]),
        ("Generator/Planning", [Roslyn, "Llamalith.Generator.Reading", "Llamalith.Generator.Emission"]),
        ("Generator/Isa", [Roslyn, "Llamalith.Generator.Reading", "Llamalith.Generator.Spec", "Llamalith.Generator.Planning",
            "Llamalith.Generator.Emission"]),
        ("Generator/Quant", [Roslyn, "Llamalith.Generator.Reading", "Llamalith.Generator.Spec", "Llamalith.Generator.Planning",
            "Llamalith.Generator.Emission"]),
        ("Generator/Emission", [Roslyn, "Llamalith.Generator.Reading"]),
        // The analyzer asks the plan what a model takes in memory.
        ("Generator/Reading", ["Llamalith.Generator.Emission"]),
        ("Generator", ["Llamalith.Contracts", "Llamalith.Gguf", "Llamalith.Generation"]),
        ("Attributes", [Roslyn, "Llamalith.Contracts", "Llamalith.Generator"]),
        ("Runtime", [Roslyn, "Llamalith.Generator"]),
        ("Runtime/Packer", ["Llamalith.Generator"]),
        // What APIs share knows none of them.
        ("Runtime/AspNetCore/Requests", Apis()),
        ("Runtime/AspNetCore/Answers", Apis()),
        ("Runtime/AspNetCore/Limits", Apis()),
        ("Runtime/AspNetCore/OpenAI", Apis("OpenAI")),
        ("Runtime/AspNetCore/Anthropic", Apis("Anthropic")),
        ("Runtime/AspNetCore/Ollama", Apis("Ollama")),
        // Checkpoint.Open finds a file's format out, so the contract calls on the readers' front desk; and a trainer begins with random
        // weights.
        ("Runtime/Contracts", AllBut("Contracts", "Threading", "Mapping", "Checkpoints", "Packing", "Quantization", "Training", "Tuner")),
        ("Runtime/Threading", AllBut("Threading")),
        ("Runtime/Tuner", AllBut("Tuner", "Contracts")),
        ("Runtime/Mapping", AllBut("Mapping", "Contracts")),
        ("Runtime/Gguf", AllBut("Gguf", "Contracts", "Mapping")),
        ("Runtime/Safetensors", AllBut("Safetensors", "Contracts", "Mapping")),
        ("Runtime/Llama2c", AllBut("Llama2c", "Contracts", "Mapping")),
        ("Runtime/Checkpoints", AllBut("Checkpoints", "Contracts", "Mapping", "Quantization", "Gguf", "Safetensors", "Llama2c")),
        ("Runtime/Tokenization", AllBut("Tokenization", "Contracts", "Mapping", "Gguf")),
        ("Runtime/Sampling", AllBut("Sampling")),
        ("Runtime/Quantization", AllBut("Quantization", "Contracts")),
        ("Runtime/Packing", AllBut("Packing", "Contracts", "Quantization")),
        ("Runtime/Chat", AllBut("Chat", "Tokenization", "Gguf", "Contracts")),
        ("Runtime/Constraints", AllBut("Constraints", "Tokenization")),
        ("Runtime/Training", AllBut("Training", "Contracts", "Sampling", "Tools")),
        ("Runtime/Tools", AllBut("Tools", "Contracts", "Gguf", "Llama2c", "Quantization", "Sampling", "Checkpoints")),
    ];

    public static TheoryData<string> Rooms => [.. s_walls.Select(static wall => wall.Room)];

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Room_LooksIntoNoClosedRoom(string room)
    {
        Assert.SkipUnless(Directory.Exists(Repository.PathOf(room)), $"There is no room {room}.");
        string[] closed = s_walls.Single(wall => wall.Room == room).Closed;
        string[] crossings =
        [
            .. from file in FilesOf(room)
               // The packer is a program of its own, which compiles engines.
               where room == Packer || !Relative(file).StartsWith(Packer + "/", StringComparison.Ordinal)
               from name in NamesIn(file)
               from wall in closed
               where name == wall || name.StartsWith(wall + ".", StringComparison.Ordinal)
               select $"{Path.GetRelativePath(Repository.Root, file)} names {name}",
        ];
        Assert.Empty(crossings);
    }

    [Fact]
    public void Roslyn_IsSeenByTheFrontEndOnly()
    {
        string[] allowed = ["Generator/Reading/", "Generator/CodeFixes/", "Generator/LlamaGenerator.cs", "Generator/Diagnostics.cs"];
        Assert.DoesNotContain(
            FilesOf("Generator").Where(static file => NamesIn(file).Any(static name => name.StartsWith(Roslyn, StringComparison.Ordinal))),
            file => !allowed.Any(Relative(file).StartsWith));
    }

    /// <summary>Files know tensors but no model, text knows neither, and a sampler sees numbers only.</summary>
    [Theory]
    [InlineData("Runtime/Gguf", "ModelShape", "Checkpoint", "ILlamaModel")]
    [InlineData("Runtime/Safetensors", "ModelShape", "Checkpoint", "ILlamaModel")]
    [InlineData("Runtime/Tokenization", "ModelShape", "Checkpoint", "ILlamaModel", "TensorView", "TensorNames", "TensorType")]
    public void Room_NamesNoneOfTheseTypes(string room, params string[] types)
    {
        Assert.SkipUnless(Directory.Exists(Repository.PathOf(room)), $"There is no room {room}.");
        Assert.DoesNotContain(
            FilesOf(room).SelectMany(static file => Parse(file).DescendantTokens().Select(token => (Relative(file), token.ValueText))),
            use => types.Contains(use.ValueText));
    }

    [Theory]
    [InlineData("Attributes/Attributes.csproj")]
    [InlineData("Generator/Generator.csproj")]
    [InlineData("Runtime/Runtime.csproj", "Attributes.csproj")]
    public void Project_ReferencesOnlyTheseAssemblies(string project, params string[] allowed)
    {
        string[] references =
        [
            .. XDocument.Load(Repository.PathOf(project)).Descendants("ProjectReference")
                .Where(static reference => (string?)reference.Attribute("ReferenceOutputAssembly") != "false")
                .Select(static reference => Path.GetFileName((string)reference.Attribute("Include")!)),
        ];
        Assert.Equal(allowed, references);
    }

    [Fact]
    public void Namespace_IsTheRoom()
    {
        string[] strangers =
        [
            .. from root in new[] { "Generator", "Runtime" }
               from file in FilesOf(root)
               // The launcher is source that the package carries, a program of its own.
               where !Relative(file).StartsWith("Generator/buildTransitive/", StringComparison.Ordinal)
               let expected = ("Llamalith" + (root == "Generator" ? ".Generator" : "")
                   + Path.GetDirectoryName(Relative(file))!.Replace('\\', '/')[root.Length..].Replace('/', '.'))
               from space in Parse(file).Members.OfType<BaseNamespaceDeclarationSyntax>()
               where space.Name.ToString() != expected
               // Extension methods of a framework's types are found where its own are.
               where !(Relative(file).EndsWith("Extensions.cs", StringComparison.Ordinal)
                   && space.Name.ToString().StartsWith("Microsoft.", StringComparison.Ordinal))
               select $"{Relative(file)} is in {space.Name}, not {expected}",
        ];
        Assert.Empty(strangers);
    }

    private static string[] AllBut(params string[] open) =>
    [
        .. new[] { "Contracts", "Threading", "Mapping", "Gguf", "Safetensors", "Llama2c", "Checkpoints", "Tokenization", "Sampling",
            "Generation", "Packing", "Quantization", "Tools", "Training", "Chat", "Constraints", "Tuner" }
            .Except(open).Select(static room => "Llamalith." + room),
    ];

    private static string[] Apis(params string[] open) =>
        [.. new[] { "OpenAI", "Anthropic", "Ollama", "Status" }.Except(open).Select(static room => "Llamalith.AspNetCore." + room)];

    private static string[] FilesOf(string room) =>
    [
        .. Directory.EnumerateFiles(Repository.PathOf(room), "*.cs", SearchOption.AllDirectories)
            .Where(static file => !Relative(file).Split('/').Any(static part => part is "bin" or "obj")),
    ];

    private static string Relative(string file) => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');

    private static CompilationUnitSyntax Parse(string file) =>
        CSharpSyntaxTree.ParseText(File.ReadAllText(file), cancellationToken: TestContext.Current.CancellationToken)
            .GetCompilationUnitRoot();

    private static IEnumerable<string> NamesIn(string file)
    {
        return Parse(file).DescendantNodes().Select(static node => node switch
        {
            UsingDirectiveSyntax directive => directive.NamespaceOrType.ToString(),
            QualifiedNameSyntax { Parent: not (QualifiedNameSyntax or UsingDirectiveSyntax or BaseNamespaceDeclarationSyntax) } name =>
                name.ToString(),
            MemberAccessExpressionSyntax { Parent: not MemberAccessExpressionSyntax } access => access.ToString(),
            _ => "",
        }).Where(static name => name.Length > 0);
    }
}
