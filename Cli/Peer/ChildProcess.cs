using System;
using System.Collections.Generic;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Cli.Peer;

/// <summary>Another program that measures: what it wrote, and how much memory it had.</summary>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="PeakResidentBytes">The most memory that it had; 0 where the system does not say.</param>
internal sealed record ChildProcess(string Output, long PeakResidentBytes)
{
    private const string TunablesVariable = "GLIBC_TUNABLES";

    // Has the C library ask for huge pages, as engines compiled here do for their weights: in pages of 4 KiB the same library reads them
    // slower.
    private const string HugePages = "glibc.malloc.hugetlb=1";

    private static readonly TimeSpan s_betweenLooks = TimeSpan.FromMilliseconds(50);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">The program.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="input">What it reads from standard input.</param>
    /// <param name="errors">Takes what it writes to standard error, while it runs; null for nobody.</param>
    /// <param name="cancellation">Ends it, and what it started.</param>
    /// <exception cref="CliException">It cannot be started, or ended with another exit code than 0; the message says why.</exception>
    public static ChildProcess Run(
        string program, IEnumerable<string> args, string input, Action<string>? errors, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.Environment[TunablesVariable] = WithHugePages(Environment.GetEnvironmentVariable(TunablesVariable));
        using Process process = Start(start);
        using CancellationTokenRegistration kill = cancellation.Register(() => Kill(process));
        string lastLine = "";
        process.ErrorDataReceived += (_, line) =>
        {
            if (string.IsNullOrWhiteSpace(line.Data))
                return;
            lastLine = line.Data.Trim();
            errors?.Invoke(line.Data);
        };
        process.BeginErrorReadLine();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading it: its exit code says why.
        }

        long peak = 0;
        while (!process.WaitForExit(s_betweenLooks))
            peak = Math.Max(peak, PeakBytes(process.Id));

        // The second time for the rest of its output.
        process.WaitForExit();
        cancellation.ThrowIfCancellationRequested();
        string text = output.GetAwaiter().GetResult();
        if (process.ExitCode == 0)
            return new ChildProcess(text, peak);
        string reason = lastLine.StartsWith("error: ", StringComparison.Ordinal) ? lastLine["error: ".Length..]
            : lastLine.Length > 0 ? lastLine : "it said nothing of why.";
        throw new CliException(string.Create(
            CultureInfo.InvariantCulture, $"{Path.GetFileName(program)} ended with code {process.ExitCode}: {reason}"));
    }

    /// <summary>The C library's tunables with huge pages among them, unless they say something of their own.</summary>
    internal static string WithHugePages(string? tunables) => string.IsNullOrEmpty(tunables)
        ? HugePages
        : tunables.Split(':')
            .Any(word => word.StartsWith("glibc.malloc.hugetlb", StringComparison.Ordinal)) ? tunables : $"{tunables}:{HugePages}";

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new CliException($"{start.FileName} could not be started.");
        }
        catch (Win32Exception e)
        {
            throw new CliException($"{start.FileName} could not be started: {e.Message}", e);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    private static long PeakBytes(int id)
    {
        try
        {
            foreach (string line in File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/status")))
            {
                if (line.StartsWith("VmHWM:", StringComparison.Ordinal))
                    return Benchmarking.ResidentMemory.ParseKilobytes(line);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or this is no Linux.
        }

        return 0;
    }
}
