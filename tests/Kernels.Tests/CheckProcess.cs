using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Text.RegularExpressions;

namespace Llamalith.Tests;

/// <summary>The table of checks in a process of its own.</summary>
internal static partial class CheckProcess
{
    /// <summary>Runs the checks under the .NET runtime with environment variables that narrow what it offers.</summary>
    public static void RunWith(
        string expectedInstructionSet, IReadOnlyList<string> arguments, params (string Name, string Value)[] environment)
    {
        string checks = Path.Combine(AppContext.BaseDirectory, "Llamalith.KernelChecks.dll");
        Assert.True(File.Exists(checks), $"{checks} is not beside the tests.");
        Run(Dotnet(), ["exec", checks, "--expect", expectedInstructionSet, .. arguments], environment);
    }

    /// <summary>
    /// Runs a command that ends with 'N passed, N failed', and asserts that some passed and none failed. Where LLAMALITH_LEGS names a
    /// file, the line is added to it: a test framework counts the whole leg as one test.
    /// </summary>
    public static void Run(string command, IReadOnlyList<string> arguments, params (string Name, string Value)[] environment)
    {
        string output = Output(command, arguments, environment, out int exitCode);
        Match summary = Summary().Match(output);
        Assert.True(summary.Success, $"{command} ended with {exitCode} and without a summary:\n{output}");
        int passed = int.Parse(summary.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        int failed = int.Parse(summary.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        if (Environment.GetEnvironmentVariable("LLAMALITH_LEGS") is { Length: > 0 } legs)
            File.AppendAllText(legs, summary.Value + "\n");
        Assert.True(failed == 0 && passed > 0 && exitCode == 0, output);
        TestContext.Current.TestOutputHelper?.WriteLine(summary.Value);
    }

    /// <summary>Runs a command to its end; what it wrote, errors included.</summary>
    public static string Output(
        string command, IReadOnlyList<string> arguments, (string Name, string Value)[] environment, out int exitCode)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{command} was not started.");
        var output = new System.Text.StringBuilder();
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using (TestContext.Current.CancellationToken.Register(() => process.Kill(entireProcessTree: true)))
            process.WaitForExit();
        exitCode = process.ExitCode;
        lock (output)
            return output.ToString();

        void Append(string? line)
        {
            lock (output)
            {
                if (line is not null)
                    output.Append(line).Append('\n');
            }
        }
    }

    /// <summary>The host that runs this test run, else the one on the path.</summary>
    public static string Dotnet()
    {
        string name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        if (Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host && File.Exists(host))
            return host;
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root && File.Exists(Path.Combine(root, name)))
            return Path.Combine(root, name);
        return name;
    }

    [GeneratedRegex(@"^(\d+) passed, (\d+) failed$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Summary();
}
