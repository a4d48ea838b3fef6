using System;
using System.IO;
using System.Threading.Tasks;
using Llamalith.Cli;
using Llamalith.Cli.Compilation;

namespace Llamalith.Tests;

/// <summary>Runs the tool in this process, with engines kept in a folder that all tests share: each is compiled once.</summary>
internal static class CommandLine
{
    /// <summary>The cache folder of all tests, and of the processes that they start.</summary>
    public static string Cache { get; } = CreateCache();

    /// <summary>Where engines come from.</summary>
    public static EngineBuilder Engines
    {
        get;
    } = new(new EngineCache(Path.Combine(Cache, "llamalith", "engines")), () => EngineBuilder.CurrentVersion);

    /// <summary>Runs one command line.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        StringWriter output = new(), error = new();
        int code = await Tool.RunAsync(args, output, error, Engines, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }

    /// <summary>Runs one that must succeed; gives what it wrote to standard output.</summary>
    public static async Task<string> SucceedAsync(params string[] args)
    {
        (int code, string output, string error) = await RunAsync(args);
        Assert.True(code == 0, $"{string.Join(' ', args)} ended with {code}: {error}");
        return output;
    }

    /// <summary>Runs one that must fail with one line that the user can act on; gives that line.</summary>
    public static async Task<string> FailAsync(params string[] args)
    {
        (int code, _, string error) = await RunAsync(args);
        Assert.Equal(1, code);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        Assert.EndsWith(Environment.NewLine, error, StringComparison.Ordinal);
        string line = error[..^Environment.NewLine.Length];
        Assert.DoesNotContain('\n', line);
        return line["error: ".Length..];
    }

    private static string CreateCache()
    {
        string folder = Directory.CreateTempSubdirectory("llamalith-tests-cache-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
