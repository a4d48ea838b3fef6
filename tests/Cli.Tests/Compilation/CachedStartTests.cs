using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Llamalith.Cli.Compilation;

namespace Llamalith.Tests.Compilation;

public class CachedStartTests
{
    /// <summary>A start that finds its engine works even where the compiler is not installed: so it surely does not load it.</summary>
    [Fact]
    public async Task CachedStart_NeedsNoCompiler()
    {
        using TemporaryFolder folder = new();
        string model = TinyModels.WriteGguf(folder["m.gguf"]);
        Directory.CreateDirectory(folder["tool"]);
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory))
        {
            string name = Path.GetFileName(file);
            bool isPart =
                name.StartsWith("llamalith", StringComparison.OrdinalIgnoreCase) && !name.Contains("Tests", StringComparison.Ordinal);
            if ((isPart && name != "llamalith.deps.json") || name is "System.CommandLine.dll")
                File.Copy(file, Path.Combine(folder["tool"], name));
        }

        (int code, string error) = await RunAsync(folder, model);
        Assert.True(code != 0, "Without the compiler and without an engine it cannot run.");
        Assert.Contains("Microsoft.CodeAnalysis", error, StringComparison.Ordinal);

        // In this process the compiler is there, and both processes agree on the engine's key.
        string cache = Path.Combine(folder["cache"], "llamalith", "engines");
        EngineBuilder builder = new(new EngineCache(cache), () => EngineBuilder.CurrentVersion);
        using (Contracts.Checkpoint checkpoint = Contracts.Checkpoint.Open(model))
            _ = builder.Get(Cli.Models.RunningModel.EngineClass(checkpoint, null, default), Cli.Output.ProgressBars.None,
                TestContext.Current.CancellationToken);

        (code, error) = await RunAsync(folder, model);
        Assert.True(code == 0, error);
        Assert.Contains("decode_tok_s=", error, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Error)> RunAsync(TemporaryFolder folder, string model)
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (string argument in (string[])[Path.Combine(folder["tool"], "llamalith.dll"), "run", model, "-p", "a", "-n", "4", "-t", "1",
            "--seed", "1"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["XDG_CACHE_HOME"] = folder["cache"];
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        _ = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await error);
    }
}
