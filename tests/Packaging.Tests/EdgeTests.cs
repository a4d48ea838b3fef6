using System;
using System.IO;
using System.Threading.Tasks;
using Llamalith.Reference;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests;

/// <summary>samples/Edge as it ships: published ahead of time without a warning, small, free of allocations, the same words on every processor.</summary>
public sealed class EdgeTests(EdgeTests.Publisher publisher) : IClassFixture<EdgeTests.Publisher>
{
    private const long MostBytes = 4 << 20;
    private const string ArmRoot = "/usr/aarch64-linux-gnu";

    [Fact]
    public async Task Sample_IsSmallAndTellsWithoutAllocating()
    {
        Programs.SkipUnlessLinkable();
        string executable = await publisher.PublishAsync("linux-x64");
        Assert.InRange(new FileInfo(executable).Length, 1, MostBytes);
        (int exitCode, string text, string figures) = await Programs.RunAsync(executable, Story());
        Assert.Equal(0, exitCode);
        Assert.StartsWith("One day, a little girl named Lily", text, StringComparison.Ordinal);
        Assert.Contains(" allocated=0 isa=avx2 ", figures, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cortex-a72")]
    [InlineData("neoverse-n1")]
    public async Task Sample_TellsTheSameOnArm(string processor)
    {
        Programs.SkipUnlessLinkable();
        Assert.SkipUnless(Environment.GetEnvironmentVariable("LLAMALITH_ARM64") == "1", "It takes minutes; LLAMALITH_ARM64=1 asks for it.");
        foreach (string tool in (string[])["aarch64-linux-gnu-gcc", "qemu-aarch64-static"])
            Assert.SkipUnless(Programs.IsOnPath(tool), $"{tool} is not installed (Debian: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user-static).");

        // Weights in F32 and a well-trained story: no two words are so nearly as likely that the order of sums would decide.
        string[] story = Story();
        (_, string expected, _) = await Programs.RunAsync(await publisher.PublishAsync("linux-x64"), story);
        (int exitCode, string text, string figures) = await Programs.RunAsync(
            "qemu-aarch64-static", ["-L", ArmRoot, "-cpu", processor, await publisher.PublishAsync("linux-arm64"), .. story]);
        Assert.Equal(0, exitCode);
        Assert.Equal(expected, text);
        Assert.Contains(" isa=neon ", figures, StringComparison.Ordinal);
    }

    private static string[] Story()
    {
        string? model = SharedFiles.Find("stories260K.bin"), tokenizer = SharedFiles.Find("tok512.bin");
        Assert.SkipWhen(
            model is null || tokenizer is null, "stories260K.bin and tok512.bin are neither in ../shared/data beside the repository nor in the folder that LLAMALITH_DATA names.");
        return ["--model", model!, "--tokenizer", tokenizer!, "--prompt", "One day", "--temperature", "0", "--tokens", "64", "--threads", "1", "--figures"];
    }

    /// <summary>The sample, published once for each runtime identifier that a test asks for.</summary>
    public sealed class Publisher : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("llamalith-edge-").FullName;

        /// <summary>The executable.</summary>
        public async Task<string> PublishAsync(string runtimeIdentifier)
        {
            string folder = Path.Combine(_folder, runtimeIdentifier);
            string executable = Path.Combine(folder, "edge");
            if (!File.Exists(executable))
            {
                // Outputs apart from the source tree's own, which the test run may be building. Every warning of its own, not one for an assembly.
                string output = await Dotnet.SucceedAsync(
                    Repository.Root,
                    TestContext.Current.CancellationToken,
                    ["publish", "samples/Edge/Edge.csproj", "-c", "Release", "-r", runtimeIdentifier, "-o", folder, "--artifacts-path", Path.Combine(_folder, "artifacts"),
                        "-p:TrimmerSingleWarn=false"]);
                Assert.DoesNotContain("warning", output, StringComparison.OrdinalIgnoreCase);
            }

            return executable;
        }

        public void Dispose() => Directory.Delete(_folder, recursive: true);
    }
}
