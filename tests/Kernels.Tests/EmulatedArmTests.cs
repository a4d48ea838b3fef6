using System;
using System.IO;
using System.Linq;

namespace Llamalith.Tests;

/// <summary>
/// The NEON kernels on a machine that has none: the small tier of the checks, compiled ahead of time for linux-arm64 and run under
/// QEMU as two processors, one with dot products and one without. It takes minutes, so it is asked for with LLAMALITH_ARM64=1.
/// </summary>
public sealed class EmulatedArmTests(EmulatedArmTests.Executable executable) : IClassFixture<EmulatedArmTests.Executable>
{
    private const string CrossCompiler = "aarch64-linux-gnu-gcc";
    private const string Emulator = "qemu-aarch64-static";
    private const string ArmRoot = "/usr/aarch64-linux-gnu";

    // Products of integers are all that dot products change; the rest is checked once.
    [Theory]
    [InlineData("cortex-a72", "no", "")]
    [InlineData("neoverse-n1", "yes", ", weights")]
    public void Engine_PassesOnEmulatedNeon(string processor, string dotProduct, string only)
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("LLAMALITH_ARM64") == "1", "It takes minutes; LLAMALITH_ARM64=1 asks for it.");
        foreach (string tool in (string[])[CrossCompiler, Emulator])
        {
            Assert.SkipUnless(
                IsOnPath(tool), $"{tool} is not installed (Debian: gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user-static).");
        }

        CheckProcess.Run(Emulator,
            ["-L", ArmRoot, "-cpu", processor, executable.Path, "--small", "--expect", "neon", "--dot", dotProduct, "--only", only]);
    }

    private static bool IsOnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));

    /// <summary>The checks for linux-arm64, published when the first test asks for them.</summary>
    public sealed class Executable : IDisposable
    {
        private readonly Lazy<string> _folder = new(Publish);

        public string Path => System.IO.Path.Combine(_folder.Value, "Llamalith.KernelChecks");

        public void Dispose()
        {
            if (_folder.IsValueCreated)
                Directory.Delete(_folder.Value, recursive: true);
        }

        private static string Publish()
        {
            string project = System.IO.Path.Combine(RepositoryRoot(), "tests", "KernelChecks", "KernelChecks.csproj");
            string folder = Directory.CreateTempSubdirectory("llamalith-arm64-").FullName;
            // Outputs apart from the source tree's own, which the test run may be building.
            string log = CheckProcess.Output(
                CheckProcess.Dotnet(),
                ["publish", project, "-c", "Release", "-r", "linux-arm64", "-p:ChecksAot=true", "-p:EnginesFor=arm64",
                    "-p:RunAnalyzers=false", "-o", folder, "--artifacts-path", System.IO.Path.Combine(folder, "artifacts")],
                [],
                out int exitCode);
            Assert.True(exitCode == 0, log);
            return folder;
        }

        private static string RepositoryRoot()
        {
            DirectoryInfo? folder = new(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Compiler.sln")))
                folder = folder.Parent;
            return folder?.FullName ?? throw new DirectoryNotFoundException($"There is no Compiler.sln above {AppContext.BaseDirectory}.");
        }
    }
}
