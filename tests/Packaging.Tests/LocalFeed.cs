using System;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Text.Json;
using System.Threading.Tasks;
using System.Xml.Linq;
using Llamalith.Tests.Harness;

[assembly: Xunit.AssemblyFixture(typeof(Llamalith.Tests.LocalFeed))]

namespace Llamalith.Tests;

/// <summary>The packages of this source tree, packed once for all tests into a folder of their own under a version that no cache can know.</summary>
public sealed class LocalFeed : IAsyncLifetime
{
    private static readonly string[] s_projects =
    [
        "Attributes/Attributes.csproj",
        "Runtime/Runtime.csproj",
        "Runtime/Packer/Packer.csproj",
        "Generator/Generator.csproj",
        "Generator/CodeFixes/CodeFixes.csproj",
        "Generator/Package/Package.csproj",
    ];

    /// <summary>A folder that goes away with the tests.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("llamalith-packages-").FullName;

    /// <summary>The version packed.</summary>
    public string Version { get; } = "0.1.0-test." + DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the .nupkg files lie.</summary>
    public string Packages => Path.Combine(Folder, "feed");

    /// <summary>
    /// Builds of the source tree here have outputs of their own: a test run is building the tree at the same time, under another version.
    /// That build analyses the code, which is not done again.
    /// </summary>
    public string[] Apart => ["--artifacts-path", Path.Combine(Folder, "artifacts"), $"-p:Version={Version}", "-p:RunAnalyzers=false"];

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        string filter = Path.Combine(Folder, "Packages.slnf");
        string solution = Repository.PathOf("Compiler.sln");
        File.WriteAllText(filter, JsonSerializer.Serialize(new { solution = new { path = solution, projects = s_projects } }));

        await Dotnet.SucceedAsync(Repository.Root, TestContext.Current.CancellationToken, ["pack", filter, "--configuration", "Release", "--output", Packages, .. Apart]);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>The paths inside a package, in ordinal order, without what the package format itself adds.</summary>
    public string[] ContentsOf(string package)
    {
        using ZipArchive archive = Open(package);
        return
        [
            .. archive.Entries.Select(static entry => entry.FullName)
                .Where(static path => !path.StartsWith("_rels/", StringComparison.Ordinal) && !path.StartsWith("package/", StringComparison.Ordinal)
                    && path != "[Content_Types].xml" && !path.EndsWith(".nuspec", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>A package's manifest, with its elements in no namespace.</summary>
    public XElement ManifestOf(string package)
    {
        using ZipArchive archive = Open(package);
        using Stream stream = archive.GetEntry(package + ".nuspec")!.Open();
        XElement manifest = XElement.Load(stream);
        foreach (XElement element in manifest.DescendantsAndSelf())
            element.Name = element.Name.LocalName;
        return manifest.Element("metadata")!;
    }

    /// <summary>A new project outside the source tree that references the package Llamalith and sets nothing else.</summary>
    /// <param name="name">Its name, and that of its folder.</param>
    /// <param name="program">Its one source.</param>
    /// <param name="folder">The folder that it lies in, below this one's.</param>
    /// <param name="project">What its project says besides.</param>
    public string CreateConsumer(string name, string program, string folder = "", string project = "")
    {
        string directory = Directory.CreateDirectory(Path.Combine(Folder, folder, name)).FullName;
        File.Copy(Repository.PathOf("global.json"), Path.Combine(directory, "global.json"));
        File.WriteAllText(Path.Combine(directory, "Program.cs"), program);
        File.WriteAllText(Path.Combine(directory, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="local" value="{Packages}" />
              </packageSources>
            </configuration>
            """);

        // Restored packages stay in this folder; those of others come from the machine's cache where it has them.
        File.WriteAllText(Path.Combine(directory, name + ".csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <RestorePackagesPath>{Path.Combine(Folder, "restored")}</RestorePackagesPath>
                <RestoreFallbackFolders>{MachineCache()}</RestoreFallbackFolders>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Llamalith" Version="[{Version}]" />
              </ItemGroup>
              {project}
            </Project>
            """);
        return directory;
    }

    private static string MachineCache()
    {
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Directory.Exists(cache) ? cache : "";
    }

    private ZipArchive Open(string package) => ZipFile.OpenRead(Path.Combine(Packages, $"{package}.{Version}.nupkg"));
}
