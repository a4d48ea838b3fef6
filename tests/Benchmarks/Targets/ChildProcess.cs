using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace Llamalith.Benchmarks.Targets;

/// <summary>This program again, in a fresh process: what is cold can be measured only once in each.</summary>
internal static class ChildProcess
{
    /// <summary>The numbers that it prints, separated by blanks.</summary>
    public static double[] Numbers(string command)
    {
        string self = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this process is unknown.");
        List<string> arguments = [command];
        if (string.Equals(Path.GetFileNameWithoutExtension(self), "dotnet", StringComparison.OrdinalIgnoreCase))
            arguments.InsertRange(0, ["exec", Path.Combine(AppContext.BaseDirectory, "Benchmarks.dll")]);
        using Process process = Process.Start(new ProcessStartInfo(self, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{self} was not started.");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{self} {command} ended with {process.ExitCode}.");
        return Array.ConvertAll(
            output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
            number => double.Parse(number, CultureInfo.InvariantCulture));
    }
}
