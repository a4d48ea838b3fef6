using System;
using System.IO;
using System.Linq;

namespace Llamalith.Tests;

/// <summary>
/// The NEON kernels on a machine that has none: the checks compiled ahead of time for linux-arm64 and run under QEMU. It takes
/// minutes, so it is asked for with LLAMALITH_ARM64=1.
/// </summary>
public sealed class EmulatedArmTests
{
    private const string CrossCompiler = "aarch64-linux-gnu-gcc";
    private const string Emulator = "qemu-aarch64-static";
    private const string ArmRoot = "/usr/aarch64-linux-gnu";

    [Fact]
    public void Engine_PassesOnEmulatedNeon()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("LLAMALITH_ARM64") == "1", "It takes minutes; LLAMALITH_ARM64=1 asks for it.");
        foreach (string tool in (string[])[CrossCompiler, Emulator])
            Assert.SkipUnless(IsOnPath(tool), $"{tool} is not installed.");
        string project = Path.Combine(RepositoryRoot(), "tests", "KernelChecks", "KernelChecks.csproj");
        string output = Directory.CreateTempSubdirectory("llamalith-arm64-").FullName;
        try
        {
            string log = CheckProcess.Output(
                CheckProcess.Dotnet(),
                ["publish", project, "-c", "Release", "-r", "linux-arm64", "-p:ChecksAot=true", "-o", output],
                [],
                out int exitCode);
            Assert.True(exitCode == 0, log);
            string executable = Path.Combine(output, "Llamalith.KernelChecks");
            CheckProcess.Run(Emulator, ["-L", ArmRoot, "-cpu", "max", executable, "--expect", "neon"]);
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
    }

    private static bool IsOnPath(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, tool)));

    private static string RepositoryRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"There is no Compiler.sln above {AppContext.BaseDirectory}.");
    }
}
