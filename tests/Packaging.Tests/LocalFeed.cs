using System;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using System.Threading.Tasks;
using System.Xml.Linq;
using Llamalith.Tests.Harness;

[assembly: Xunit.AssemblyFixture(typeof(Llamalith.Tests.LocalFeed))]

namespace Llamalith.Tests;

/// <summary>
/// The packages of this source tree, packed once for all tests into a folder of their own under a version that no cache can know.
/// </summary>
public sealed class LocalFeed : IAsyncLifetime
{
    /// <summary>A folder that goes away with the tests.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("llamalith-packages-").FullName;

    /// <summary>The version packed.</summary>
    public string Version { get; } = "0.1.0-test." + DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture);

    /// <summary>Where the .nupkg files lie.</summary>
    public string Packages => Path.Combine(Folder, "feed");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        string filter = Path.Combine(Folder, "Packages.slnf");
        Assembly tests = typeof(LocalFeed).Assembly;
        string[] projects =
        [
            .. tests.GetCustomAttributes<AssemblyMetadataAttribute>().Where(static item => item.Value == "packed")
            .Select(static item => Path.GetRelativePath(Repository.Root, item.Key)),
        ];
        File.WriteAllText(filter, JsonSerializer.Serialize(new { solution = new { path = Repository.PathOf("Compiler.sln"), projects } }));

        // What the test run has built, which nothing builds again: this project refers to all of it.
        string configuration = tests.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        await Dotnet.SucceedAsync(
            Repository.Root,
            TestContext.Current.CancellationToken,
            "pack", filter, "--no-build", "--configuration", configuration, "--output", Packages, $"-p:Version={Version}",
            $"-p:NuspecOutputPath={Path.Combine(Folder, "manifests")}");
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
                .Where(static path =>
                    !path.StartsWith("_rels/", StringComparison.Ordinal) && !path.StartsWith("package/", StringComparison.Ordinal)
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
    /// <param name="more">What its project says besides.</param>
    public string CreateConsumer(string name, string program, string folder = "", params XElement[] more)
    {
        string directory = Directory.CreateDirectory(Path.Combine(Folder, folder, name)).FullName;
        File.WriteAllText(Path.Combine(directory, "Program.cs"), program);
        string project = Path.Combine(directory, name + ".csproj");
        File.WriteAllText(project, """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
            </Project>
            """);
        XElement root = XElement.Load(project);
        root.Add(more);
        root.Save(project);
        UsePackages(project);
        return directory;
    }

    /// <summary>
    /// Makes a project reference the package Llamalith, in place of this source tree where it did that. Restored packages stay in this
    /// folder; those of others come from the machine's cache where it has them.
    /// </summary>
    public void UsePackages(string project)
    {
        string directory = Path.GetDirectoryName(project)!;
        File.Copy(Repository.PathOf("global.json"), Path.Combine(directory, "global.json"));
        File.WriteAllText(Path.Combine(directory, "nuget.config"), $"""
            <configuration>
              <packageSources>
                <add key="local" value="{Packages}" />
              </packageSources>
            </configuration>
            """);
        XElement root = XElement.Load(project);
        root.Elements("Import").Where(static import => (string?)import.Attribute("Project") is string path
            && (path.EndsWith("FromSource.targets", StringComparison.Ordinal)
                || path.EndsWith("Llamalith.Generator.props", StringComparison.Ordinal))).Remove();
        root.Add(
            new XElement("PropertyGroup", new XElement("RestorePackagesPath", Path.Combine(Folder, "restored")),
                new XElement("RestoreFallbackFolders", MachineCache())),
            new XElement("ItemGroup",
                new XElement("PackageReference", new XAttribute("Include", "Llamalith"), new XAttribute("Version", $"[{Version}]"))));
        root.Save(project);
    }

    private static string MachineCache()
    {
        string cache = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        return Directory.Exists(cache) ? cache : "";
    }

    private ZipArchive Open(string package) => ZipFile.OpenRead(Path.Combine(Packages, $"{package}.{Version}.nupkg"));
}
