using System;
using System.Diagnostics;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>Runs the dotnet command line.</summary>
internal static class Dotnet
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>The exit code and everything printed.</summary>
    public static Task<(int ExitCode, string Output)> RunAsync(
        string directory, CancellationToken cancellation, params string[] arguments) =>
        RunProgramAsync("dotnet", directory, arguments, cancellation);

    /// <summary>Everything printed by a program of its own, which must succeed.</summary>
    public static async Task<string> StartAsync(string program, string directory, CancellationToken cancellation, params string[] arguments)
    {
        (int exitCode, string output) = await RunProgramAsync(program, directory, arguments, cancellation);
        Assert.True(exitCode == 0, $"{program} ended with {exitCode}:\n{output}");
        return output;
    }

    private static async Task<(int ExitCode, string Output)> RunProgramAsync(
        string program, string directory, string[] arguments, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // The test run's own build must not leak into this one, nor leave servers behind.
        foreach (string name in new[] { "MSBuildSDKsPath", "MSBuildExtensionsPath", "MSBUILD_EXE_PATH" })
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        // Compilers that end before counting their calls could gain anything.
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";

        using Process process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(s_limit);
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Everything printed by a command that must succeed.</summary>
    public static async Task<string> SucceedAsync(string directory, CancellationToken cancellation, params string[] arguments)
    {
        (int exitCode, string output) = await RunAsync(directory, cancellation, arguments);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {exitCode}:\n{output}");
        return output;
    }
}
