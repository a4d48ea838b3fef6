using System;
using System.Collections.Generic;
using System.Reflection;
using Llamalith.Cli.Compilation;
using Llamalith.Tools;

namespace Llamalith.Cli.Projects;

/// <summary>One file of a project.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">What it holds.</param>
internal sealed record ProjectFile(string Name, string Text);

/// <summary>A project with a class for a model and a program that uses it: where a user of the packages starts from.</summary>
internal static class ProjectTemplate
{
    /// <summary>The namespace of the class. A program's own types need not mind what the model is called.</summary>
    public const string ModelNamespace = "Models";

    // What the program names: a model's class must not hide any of it, nor its files be the program's on a disk without upper case. Then
    // assemblies of the framework, and devices of Windows.
    private static readonly HashSet<string> s_taken = new(StringComparer.OrdinalIgnoreCase)
    {
        ModelNamespace, "Program", "Console", "Environment", "System", "Llamalith", "Checkpoint", "LoadOptions", "Tokenizer",
        "TokenizerLoader",
        "TextGenerator", "GenerationOptions", "SamplingOptions", "Exception", "IOException", "UnauthorizedAccessException",
        "ModelFormatException",
        "ModelMismatchException", "ContextFullException",
        "mscorlib", "netstandard", "WindowsBase",
        "Aux", "Con", "Nul", "Prn", "Com1", "Com2", "Com3", "Com4", "Com5", "Com6", "Com7", "Com8", "Com9",
        "Lpt1", "Lpt2", "Lpt3", "Lpt4", "Lpt5", "Lpt6", "Lpt7", "Lpt8", "Lpt9",
    };

    /// <summary>A name for the class and the project that the program can use.</summary>
    public static string FreeName(string name) => s_taken.Contains(name) ? name + "Model" : name;

    /// <summary>The files of a project.</summary>
    /// <param name="model">The class, in <see cref="ModelNamespace"/>.</param>
    /// <param name="modelPath">Where the model's file lies.</param>
    /// <param name="tokenizerPath">Where its tokenizer lies; null for within or beside it.</param>
    /// <param name="description">What the class has its sizes from.</param>
    public static IEnumerable<ProjectFile> Files(ModelClass model, string modelPath, string? tokenizerPath, ModelDescription description)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(description);
        yield return new(model.Name + ".csproj", Project());
        yield return new(model.Name + ".cs", ModelClassWriter.WriteFile(
            model, $"The engine of {StringLiteral.OneLine(System.IO.Path.GetFileName(modelPath))}, compiled with this project."));
        yield return new(ModelDescription.FileNameOf(modelPath), description.ToJson());
        yield return new("Program.cs", Program(model, modelPath, tokenizerPath));
        yield return new(".gitignore", "bin/\nobj/\n");
    }

    /// <summary>The version of the packages that belong to this tool.</summary>
    public static string PackageVersion =>
        typeof(ProjectTemplate).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string Project() => $"""
        <Project>
          <!-- The project stands by itself: settings and package versions of the folders above do not reach it. -->
          <PropertyGroup>
            <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
            <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
            <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
            <DiscoverEditorConfigFiles>false</DiscoverEditorConfigFiles>
            <DiscoverGlobalAnalyzerConfigFiles>false</DiscoverGlobalAnalyzerConfigFiles>
          </PropertyGroup>
          <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <Nullable>enable</Nullable>
            <InvariantGlobalization>true</InvariantGlobalization>
          </PropertyGroup>
          <ItemGroup>
            <PackageReference Include="Llamalith" Version="{PackageVersion}" />
          </ItemGroup>
          <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
        </Project>

        """;

    private static string TokenizerOf(string? path) =>
        path is null ? "checkpoint.OpenTokenizer()" : $"TokenizerLoader.Open({StringLiteral.Of(path)})";

    private static string Program(ModelClass model, string modelPath, string? tokenizerPath) => $$"""
        using System;
        using System.IO;
        using Llamalith.Contracts;
        using Llamalith.Generation;
        using Llamalith.Sampling;
        using Llamalith.Tokenization;
        using {{ModelNamespace}};

        // dotnet run -c Release -- "Once upon a time" [MODEL [TOKENIZER]]
        string prompt = args.Length > 0 ? args[0] : "Once upon a time";
        string path = args.Length > 1 ? args[1] : {{StringLiteral.Of(modelPath)}};
        try
        {
            Checkpoint checkpoint = Checkpoint.Open(path);
            using {{model.Name}} model = {{model.Name}}.Load(checkpoint);
            Tokenizer tokenizer = args.Length > 2 ? TokenizerLoader.Open(args[2]) : {{TokenizerOf(tokenizerPath)}};
            TextGenerator generator = new(model, tokenizer, new SamplingOptions { Temperature = 0.8f, TopP = 0.95f });
            foreach (string text in generator.Stream(prompt, new GenerationOptions { MaxTokens = 256, EchoPrompt = true }))
                Console.Write(text);
            Console.WriteLine();
            return 0;
        }
        catch (Exception e) when (e
            is IOException or UnauthorizedAccessException or ModelFormatException or ModelMismatchException or ContextFullException)
        {
            // A file that is missing, damaged or another model's, or a prompt without end.
            Console.Error.WriteLine($"error: {e.Message}");
            return 1;
        }

        """;
}
