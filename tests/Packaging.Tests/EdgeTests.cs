using System;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests;

/// <summary>
/// samples/Edge as it ships: published ahead of time without a warning, small, free of allocations, the same words on every processor.
/// </summary>
public sealed class EdgeTests(EdgeTests.Publisher publisher) : IClassFixture<EdgeTests.Publisher>
{
    private const long MostBytes = 4 << 20;
    private const string ArmRoot = "/usr/aarch64-linux-gnu";

    private static readonly string[] s_story = ["--temperature", "0", "--tokens", "64", "--threads", "1", "--figures"];

    [Fact]
    public async Task Sample_IsSmallAndTellsWithoutAllocating()
    {
        Programs.SkipUnlessLinkable();
        string executable = await publisher.PublishAsync("linux-x64");
        Assert.InRange(new FileInfo(executable).Length - publisher.EmbeddedBytes, 1, MostBytes);
        (int exitCode, string text, string figures) = await Programs.RunAsync(executable, s_story);
        Assert.Equal(0, exitCode);
        Assert.Contains(" allocated=0 isa=avx2 ", figures, StringComparison.Ordinal);
        Assert.InRange(text.Length, 40, 2000);

        // The prompt within the program is what prefilling gives: the same words, with the weights from outside, of which nothing is
        // prefilled.
        (int outsideCode, string outside, string outsideFigures) =
            await Programs.RunAsync(executable, [.. s_story, "--model", Repository.PathOf("samples/Stories/Model/fable.gguf")]);
        Assert.Equal((0, text), (outsideCode, outside));
        int prompt = PromptOf(figures, out int cached);
        Assert.Equal((prompt, 0), (PromptOf(outsideFigures, out int cachedOutside), cachedOutside));
        Assert.Equal(prompt - 1, cached);
    }

    [Theory]
    [InlineData("cortex-a72")]
    [InlineData("neoverse-n1")]
    public async Task Sample_TellsTheSameOnArm(string processor)
    {
        Programs.SkipUnlessLinkable();
        Assert.SkipUnless(Environment.GetEnvironmentVariable("LLAMALITH_ARM64") == "1", "It takes minutes; LLAMALITH_ARM64=1 asks for it.");
        foreach (string tool in (string[])["aarch64-linux-gnu-gcc", "qemu-aarch64-static"])
        {
            Assert.SkipUnless(Programs.IsOnPath(tool),
                $"{tool} is not installed (Debian: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user-static).");
        }

        // A well-trained story: no two words are so nearly as likely that the order of sums would decide.
        (_, string expected, _) = await Programs.RunAsync(await publisher.PublishAsync("linux-x64"), s_story);
        (int exitCode, string text, string figures) = await Programs.RunAsync(
            "qemu-aarch64-static", ["-L", ArmRoot, "-cpu", processor, await publisher.PublishAsync("linux-arm64"), .. s_story]);
        Assert.Equal(0, exitCode);
        Assert.Equal(expected, text);
        Assert.Contains(" isa=neon ", figures, StringComparison.Ordinal);
    }

    // "prefilled=8/9": of the prompt's tokens so many were there.
    private static int PromptOf(string figures, out int cached)
    {
        string[] counts = figures.Split(' ')
            .Single(static figure => figure.StartsWith("prefilled=", StringComparison.Ordinal))["prefilled=".Length..].Split('/');
        cached = int.Parse(counts[0], CultureInfo.InvariantCulture);
        return int.Parse(counts[1], CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// The sample with the packages in place of the source tree, published once for each runtime identifier that a test asks for.
    /// </summary>
    public sealed class Publisher
    {
        private readonly string _project;

        public Publisher(LocalFeed feed)
        {
            string samples = Directory.CreateDirectory(Path.Combine(feed.Folder, "samples")).FullName;
            foreach (string file in Directory.EnumerateFiles(Repository.PathOf("samples/Edge"))
                .Append(Repository.PathOf("samples/Stories/Model/fable.gguf")))
            {
                string copy = Path.Combine(samples, Path.GetRelativePath(Repository.PathOf("samples"), file));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }

            File.Copy(Repository.PathOf("Directory.Build.props"), Path.Combine(samples, "Directory.Build.props"));
            _project = Path.Combine(samples, "Edge", "Edge.csproj");
            feed.UsePackages(_project);
        }

        /// <summary>Bytes of the weights and prompts that went into an executable.</summary>
        public long EmbeddedBytes =>
            Directory.EnumerateFiles(Path.Combine(Path.GetDirectoryName(_project)!, "obj"), "*", SearchOption.AllDirectories)
            .Where(static file =>
                file.Contains("/llamalith/resource/", StringComparison.Ordinal) && file.Contains("/linux-x64/", StringComparison.Ordinal))
            .Sum(static file => new FileInfo(file).Length);

        /// <summary>The executable.</summary>
        public async Task<string> PublishAsync(string runtimeIdentifier)
        {
            string folder = Path.Combine(Path.GetDirectoryName(_project)!, "published", runtimeIdentifier);
            string executable = Path.Combine(folder, "edge");
            if (!File.Exists(executable))
            {
                // Every warning of its own, not one for an assembly.
                string output = await Dotnet.SucceedAsync(
                    Path.GetDirectoryName(_project)!,
                    TestContext.Current.CancellationToken,
                    "publish", _project, "-c", "Release", "-r", runtimeIdentifier, "-o", folder, "-p:TrimmerSingleWarn=false",
                    "-p:NativeDebugSymbols=false");
                Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
            }

            return executable;
        }
    }
}
