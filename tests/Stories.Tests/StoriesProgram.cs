using System;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Threading.Tasks;

namespace Llamalith.Tests.Stories;

/// <summary>What a run of the program left behind.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record StoriesRun(int ExitCode, string Output, string Error)
{
    /// <summary>The lines of standard error, the empty one at its end left out.</summary>
    public string[] ErrorLines => Error.TrimEnd('\n').Split('\n');
}

/// <summary>Runs samples/Stories in a process of its own.</summary>
internal static class StoriesProgram
{
    public static StoriesRun Run(params string[] arguments)
    {
        ProcessStartInfo start =
            new(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
            StandardErrorEncoding = Encoding.UTF8,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Llamalith.Stories.dll"));
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new StoriesRun(process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
