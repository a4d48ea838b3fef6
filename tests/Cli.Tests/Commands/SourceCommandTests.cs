using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using System.Xml.Linq;
using Llamalith.Cli.Projects;
using Llamalith.Contracts;
using Llamalith.Generator;
using Llamalith.Packer.Compilation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace Llamalith.Tests.Commands;

/// <summary>`dump-source` and `init`.</summary>
public sealed class SourceCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _model;

    public SourceCommandTests() => _model = TinyModels.WriteGguf(_folder["tiny.gguf"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task DumpSource_WritesWhatTheEngineIsCompiledFrom()
    {
        string output = await CommandLine.SucceedAsync("dump-source", _model, _folder["out"]);
        string[] files = [.. Directory.GetFiles(_folder["out"], "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        Assert.Contains(_folder["out/Tiny.cs"], files);
        Assert.Contains(_folder["out/Tiny/Model.g.cs"], files);
        Assert.Equal(files.Length, output.TrimEnd().Split('\n').Length);
        string attribute = await File.ReadAllTextAsync(_folder["out/Tiny.cs"], TestContext.Current.CancellationToken);
        Assert.Contains($"Isa = Isa.{MachineIsa.Best})]", attribute, StringComparison.Ordinal);

        // The files are complete: without the generator they compile to an assembly that has the engine.
        Assembly assembly = Load(Compile([.. files.Select(File.ReadAllText)], OutputKind.DynamicallyLinkedLibrary, generate: false));
        Assert.True(assembly.GetType("Tiny")!.IsAssignableTo(typeof(ILlamaModel)));
    }

    [Fact]
    public async Task DumpSource_CanHaveEveryInstructionSet()
    {
        await CommandLine.SucceedAsync("dump-source", _model, _folder["out"], "--all");
        foreach (string isa in (string[])["Avx512", "Avx2", "Neon", "Scalar"])
            Assert.NotEmpty(Directory.GetFiles(_folder["out/Tiny"], isa + ".*.g.cs"));
    }

    [Fact]
    public async Task Init_MakesAProjectThatBuildsAndRuns()
    {
        string output = await CommandLine.SucceedAsync("init", _model, "-o", _folder["app"], "--ctx", "64");
        string[] names = [.. Directory.GetFiles(_folder["app"]).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];
        Assert.Equal([".gitignore", "Program.cs", "Tiny.cs", "Tiny.csproj", "tiny.llamalith.json"], names);
        Assert.Contains($"From = @\"{_model}\",\n    Context = 64)]", await ReadAsync("Tiny.cs"), StringComparison.Ordinal);
        Assert.Equal(5, output.TrimEnd().Split('\n').Length);
        XElement reference = XDocument.Load(_folder["app/Tiny.csproj"]).Descendants("PackageReference").Single();
        Assert.Equal(
            ("Llamalith", ProjectTemplate.PackageVersion), (reference.Attribute("Include")!.Value, reference.Attribute("Version")!.Value));

        // A model with random weights may end its text at once.
        string text = "";
        for (int attempt = 0; attempt < 4 && text.Length <= 10; attempt++)
            text = await RunAsync([await ReadAsync("Tiny.cs"), await ReadAsync("Program.cs")], ["abc"]);
        Assert.StartsWith("abc", text, StringComparison.Ordinal);
        Assert.True(text.Length > 10, text);
    }

    [Fact]
    public async Task Init_NamesAClassThatTheProgramCanUse()
    {
        File.Copy(_model, _folder["console.gguf"]);
        await CommandLine.SucceedAsync("init", _folder["console.gguf"], "-o", _folder["app"], "--tokenizer",
            TinyModels.WriteTokenizerBin(_folder["a \"b\".bin"]), "--kv", "f32");
        Assert.True(File.Exists(_folder["app/ConsoleModel.csproj"]));
        Assert.StartsWith(
            "abc", await RunAsync([await ReadAsync("ConsoleModel.cs"), await ReadAsync("Program.cs")], ["abc"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("line\nend.gguf", "LineEnd")]
    [InlineData("a \"b\" <c> & 'd'.gguf", "ABCD")]
    [InlineData("tab\t\r\u0085\u2028\u2029.gguf", "Tab")]
    [InlineData("\u202Emodel\u200B.gguf", "Model")]
    [InlineData("модель 模型 🙂.gguf", "Model")]
    [InlineData("back\\slash* -->.gguf", "BackSlash")]
    [InlineData("{0}{{$\"\"\".gguf", "Model0")]
    [InlineData("program.gguf", "ProgramModel")]
    [InlineData("PROGRAM.gguf", "PROGRAMModel")]
    [InlineData("nul.gguf", "NulModel")]
    public async Task Init_TakesFilesOfAnyName(string name, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Names are not so free there.");
        File.Copy(_model, _folder[name]);
        await CommandLine.SucceedAsync("init", _folder[name], "-o", _folder["app"]);
        Assert.StartsWith(
            "abc", await RunAsync([await ReadAsync(expected + ".cs"), await ReadAsync("Program.cs")], ["abc"]), StringComparison.Ordinal);
        Assert.NotNull(XDocument.Load(_folder[$"app/{expected}.csproj"]).Root);
    }

    [Fact]
    public async Task Init_MakesAProjectThatNoFolderAboveReaches()
    {
        await File.WriteAllTextAsync(
            _folder["Directory.Packages.props"],
            "<Project><PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup></Project>",
            TestContext.Current.CancellationToken);
        foreach (string name in (string[])["Directory.Build.props", "Directory.Build.targets"])
        {
            await File.WriteAllTextAsync(
                _folder[name],
                "<Project><PropertyGroup><TreatWarningsAsErrors>true</TreatWarningsAsErrors><LangVersion>7</LangVersion><AnalysisMode>All</AnalysisMode></PropertyGroup></Project>",
                TestContext.Current.CancellationToken);
        }

        await CommandLine.SucceedAsync("init", _model, "-o", _folder["repository/app"]);
        ProcessStartInfo start = new(
            "dotnet", ["msbuild", _folder["repository/app/Tiny.csproj"],
                "-getProperty:ManagePackageVersionsCentrally,TreatWarningsAsErrors,LangVersion,AnalysisMode,TargetFramework"])
        {
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement properties = json.RootElement.GetProperty("Properties");
        Assert.Equal("net10.0", properties.GetProperty("TargetFramework").GetString());
        Assert.NotEqual("true", properties.GetProperty("ManagePackageVersionsCentrally").GetString());
        Assert.NotEqual("true", properties.GetProperty("TreatWarningsAsErrors").GetString());
        Assert.NotEqual("7", properties.GetProperty("LangVersion").GetString());
        Assert.NotEqual("All", properties.GetProperty("AnalysisMode").GetString());
    }

    [Fact]
    public async Task Init_OfAModelWithoutATokenizerMakesAProgramThatTakesOne()
    {
        string bare = TinyModels.WriteGguf(_folder["bare.gguf"], bare: true);
        await CommandLine.SucceedAsync("init", bare, "-o", _folder["app"]);
        string[] sources = [await ReadAsync("Bare.cs"), await ReadAsync("Program.cs")];
        Assert.StartsWith(
            "abc", await RunAsync(sources, ["abc", bare, TinyModels.WriteTokenizerBin(_folder["later.bin"])]), StringComparison.Ordinal);
        Assert.Equal("", await RunAsync(sources, ["abc"], expectedCode: 1));
    }

    [Fact]
    public async Task Init_SaysWhatIsWrong()
    {
        Assert.Contains("is not empty", await CommandLine.FailAsync("init", _model, "-o", _folder.Path), StringComparison.Ordinal);
        Assert.StartsWith("--name 1x is no name for a class",
            await CommandLine.FailAsync("init", _model, "-o", _folder["app"], "--name", "1x"), StringComparison.Ordinal);
        Assert.Contains(_folder["none"], await CommandLine.FailAsync("init", _model, "-o", _folder["app"], "--tokenizer", _folder["none"]),
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["app"]));

        string bare = TinyModels.WriteGguf(_folder["bare.gguf"], bare: true);
        (int code, _, string error) = await CommandLine.RunAsync("init", bare, "-o", _folder["app"]);
        Assert.Equal(0, code);
        Assert.StartsWith(
            $"The program will want a tokenizer as its third argument: {bare} carries no tokenizer; --tokenizer FILE gives one", error,
            StringComparison.Ordinal);
    }

    private Task<string> ReadAsync(string name) => File.ReadAllTextAsync(_folder["app/" + name], TestContext.Current.CancellationToken);

    // As the project file has it built: with the generator, warnings on.
    private async Task<string> RunAsync(IReadOnlyList<string> sources, string[] args, int expectedCode = 0)
    {
        Assembly program = Load(Compile(sources, OutputKind.ConsoleApplication, generate: true));
        TextWriter before = Console.Out;
        StringWriter output = new();
        Console.SetOut(output);
        try
        {
            object? result = program.EntryPoint!.Invoke(null, [args]);
            Assert.Equal(expectedCode, result is Task<int> task ? await task : result);
        }
        finally
        {
            Console.SetOut(before);
        }

        return output.ToString();
    }

    private byte[] Compile(IReadOnlyList<string> sources, OutputKind kind, bool generate)
    {
        CSharpParseOptions parsing = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.CSharp14);
        string[] platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        Microsoft.CodeAnalysis.Compilation compilation = CSharpCompilation.Create(
            "Project" + Guid.NewGuid().ToString("N"),
            sources.Select(source => CSharpSyntaxTree.ParseText(source, parsing)),
            platform.Where(path => Path.GetFileName(path) is var name && (name.StartsWith("System.", StringComparison.Ordinal)
                || name.StartsWith("Llamalith.", StringComparison.Ordinal) || name == "netstandard.dll"))
                .Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(kind, allowUnsafe: true, nullableContextOptions: NullableContextOptions.Enable));
        if (generate)
        {
            CSharpGeneratorDriver.Create(
                    [new LlamaGenerator().AsSourceGenerator()],
                    Directory.GetFiles(_folder["app"], "*.llamalith.json").Select(static path => new TextOf(path)),
                    parsing)
                .RunGeneratorsAndUpdateCompilation(compilation, out compilation, out _, TestContext.Current.CancellationToken);
        }

        using MemoryStream image = new();
        EmitResult result = compilation.Emit(image, cancellationToken: TestContext.Current.CancellationToken);
        Assert.DoesNotContain(result.Diagnostics, complaint => complaint.Severity >= DiagnosticSeverity.Warning);
        return image.ToArray();
    }

    private static Assembly Load(byte[] image)
    {
        using MemoryStream stream = new(image);
        return new AssemblyLoadContext("project", isCollectible: true).LoadFromStream(stream);
    }

    // As the package's targets give it to the compiler.
    private sealed class TextOf(string path) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(File.ReadAllText(path));
    }
}
