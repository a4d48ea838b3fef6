using System;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading.Tasks;

namespace Llamalith.Benchmarks.Edge;

/// <summary>One way to run samples/Edge.</summary>
/// <param name="Name">As the table calls it.</param>
/// <param name="Command">The executable.</param>
/// <param name="Arguments">What comes before the sample's own arguments.</param>
/// <param name="Bytes">The size of what has to be shipped, the framework aside.</param>
internal sealed record EdgeProgram(string Name, string Command, string[] Arguments, long Bytes)
{
    /// <summary>
    /// Runs it once: milliseconds from before its start to the first byte of text, its peak of resident memory in bytes, tokens a second.
    /// </summary>
    public (double FirstMilliseconds, double ResidentBytes, double TokensPerSecond) Run(string[] sample)
    {
        ProcessStartInfo start = new(Command, [.. Arguments, .. sample]) { RedirectStandardOutput = true, RedirectStandardError = true };
        byte[] buffer = new byte[4096];
        long begin = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{Command} was not started.");
        Stream output = process.StandardOutput.BaseStream;
        int read = output.Read(buffer);
        double first = Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
        Task<string> error = process.StandardError.ReadToEndAsync();
        double resident = 0;
        while (read > 0)
        {
            // The peak, as long as there is a process to ask.
            resident = Math.Max(resident, PeakResident(process.Id));
            read = output.Read(buffer);
        }

        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{Command} ended with {process.ExitCode}: {error.Result}");
        string speed = error.Result.Split(' ').First(figure => figure.StartsWith("decode_tok_s=", StringComparison.Ordinal));
        return (first, resident, double.Parse(speed.AsSpan("decode_tok_s=".Length), CultureInfo.InvariantCulture));
    }

    private static double PeakResident(int process)
    {
        try
        {
            string line = File.ReadLines($"/proc/{process}/status")
                .FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) ?? "0 0 0";
            return double.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }
        catch (IOException)
        {
            return 0;
        }
    }
}
