using System;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>Runs what was published, and says whether it can be.</summary>
internal static class Programs
{
    /// <summary>Skips the calling test where NativeAOT cannot link for linux-x64.</summary>
    public static void SkipUnlessLinkable()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64,
            "It is published for linux-x64 on that system.");
        Assert.SkipUnless(IsOnPath("clang") || IsOnPath("gcc"), "NativeAOT links with clang or gcc, and neither is installed.");
    }

    /// <summary>Whether a command can be found.</summary>
    public static bool IsOnPath(string command) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, command)));

    /// <summary>The exit code, and what was written to the two outputs.</summary>
    public static async Task<(int ExitCode, string Output, string Error)> RunAsync(
        string command, string[] arguments, params (string Name, string Value)[] environment)
    {
        ProcessStartInfo start = new(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{command} did not start.");
        using (TestContext.Current.CancellationToken.Register(() => process.Kill(entireProcessTree: true)))
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output, await error);
        }
    }
}
