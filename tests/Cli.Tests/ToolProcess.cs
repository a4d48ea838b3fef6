using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>Runs the tool as a process of its own, whose engines are those of <see cref="CommandLine"/>.</summary>
internal static class ToolProcess
{
    /// <summary>The tool as an argument of dotnet.</summary>
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "llamalith.dll");

    /// <summary>How it is started.</summary>
    public static ProcessStartInfo Start(params IEnumerable<string> args) => Prepared("dotnet", [Assembly, .. args]);

    /// <summary>Runs it.</summary>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="args">The words after its name.</param>
    public static Task<(int Code, string Output, string Error)> RunAsync(byte[] input, params IEnumerable<string> args) =>
        RunAsync(Start(args), input);

    /// <summary>Runs it from a shell.</summary>
    /// <param name="redirections">What the shell's line says behind the command.</param>
    /// <param name="args">The words after the tool's name.</param>
    public static Task<(int Code, string Output, string Error)> RunInShellAsync(string redirections, params IEnumerable<string> args)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no bash.");
        string line = string.Join(
            ' ', args.Prepend(Assembly).Prepend("dotnet").Select(word => $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'"));
        return RunAsync(Prepared("bash", ["-c", $"set -o pipefail; {line} {redirections}"]), []);
    }

    private static ProcessStartInfo Prepared(string program, IEnumerable<string> args)
    {
        ProcessStartInfo start =
            new(program, args) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["XDG_CACHE_HOME"] = CommandLine.Cache;
        return start;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(ProcessStartInfo start, byte[] input)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(cancellation),
            error = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input, cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of it.
        }

        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await output, await error);
    }
}
