using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Tests.Commands;

/// <summary>What Ctrl+C does to the tool as a process of its own.</summary>
public sealed class InterruptTests : IDisposable
{
    private const string Before = "This was here before.";

    // Larger than what a machine does between two looks.
    private static readonly ModelShape s_large = TinyModels.Shape with { Dim = 1024, FfnDim = 4096, HeadDim = 256, Context = 4096 };

    private readonly TemporaryFolder _folder = new();

    public InterruptTests() => Directory.CreateDirectory(_folder["out"]);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("quantize")]
    [InlineData("random")]
    [InlineData("pack")]
    public async Task HalfAFile_IsRemovedAndWhatWasThereStays(string verb)
    {
        SkipWhereNothingInterrupts();
        string output = _folder["out/result"], tokens = _folder["tokens.bin"];
        await File.WriteAllTextAsync(output, Before, TestContext.Current.CancellationToken);
        string[] args;
        if (verb == "random")
        {
            TinyModels.WriteTokenizerBin(tokens, size: 32000);
            args = [verb, "tinyllama-1.1b", "q2_k", output, "--tokenizer", tokens, "-t", "1"];
        }
        else
        {
            // Slow to quantise; fast to pack, but more of it.
            string source = TinyModels.WriteGguf(_folder["m.gguf"], verb == "pack" ? QuantizationPreset.Q2_K : QuantizationPreset.F16,
                s_large with { Layers = verb == "pack" ? 32 : 4 });
            args = verb == "pack" ? [verb, source, "-o", output, "-t", "1"] : [verb, source, output, "q2_k", "-t", "1"];
        }

        Assert.Equal((130, "", ""), await InterruptAsync(() => Directory.GetFiles(_folder["out"], "*.partial").Length > 0, args));
        Assert.Equal(Before, await File.ReadAllTextAsync(output, TestContext.Current.CancellationToken));
        Assert.Equal([output], Directory.GetFiles(_folder["out"]));
    }

    [Fact]
    public async Task Run_EndsItsLine()
    {
        SkipWhereNothingInterrupts();
        string model = TinyModels.WriteGguf(_folder["m.gguf"], shape: s_large);
        int written = 0;
        (int code, string output, _) = await InterruptAsync(() => Volatile.Read(ref written) > 20,
            ["run", model, "-p", "abc", "-n", "4000", "-t", "1", "--temp", "0"], () => Interlocked.Increment(ref written));
        Assert.Equal(130, code);
        Assert.StartsWith("abc", output, StringComparison.Ordinal);
        Assert.EndsWith("\n", output, StringComparison.Ordinal);
    }

    // A program started with nohup, or by a shell in the background, hands on that interrupts are ignored.
    private static void SkipWhereNothingInterrupts()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no signal to send.");
        const string Ignored = "SigIgn:";
        const ulong Interrupt = 1 << (2 - 1);
        string? ignored = File.Exists("/proc/self/status")
            ? File.ReadLines("/proc/self/status").FirstOrDefault(static line => line.StartsWith(Ignored, StringComparison.Ordinal))
            : null;
        Assert.SkipWhen(
            ignored is not null && (ulong.Parse(ignored.AsSpan(Ignored.Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture)
                & Interrupt) != 0,
            "This process was started with interrupts ignored, and so is what it starts.");
    }

    /// <summary>A mapped file that becomes shorter takes pages away that the engine reads.</summary>
    [Fact]
    public async Task ShortenedFile_IsSaidInOneLine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere the system refuses it, or ends the process itself.");
        string source = TinyModels.WriteGguf(_folder["m.gguf"], shape: s_large), model = _folder["m.llith"];
        Assert.Equal(0, (await CommandLine.RunAsync("pack", source, "-o", model)).Code);
        int written = 0;
        (int code, string output, string error) = await InterruptAsync(
            () => Volatile.Read(ref written) > 5,
            ["run", model, "-p", "abc", "-n", "4000", "-t", "1", "--temp", "0"],
            () => Interlocked.Increment(ref written),
            _ =>
            {
                using FileStream file = new(model, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                file.SetLength(4096);
                return Task.CompletedTask;
            });
        Assert.StartsWith("abc", output, StringComparison.Ordinal);
        Assert.Equal(
            (1, "error: A file that is in use was shortened, or cannot be read any more (SIGBUS). Half-written files (*.partial) may be "
                + "left.\n"), (code, error));
    }

    // Starts the tool, interrupts it once something is so, and gives its exit code and what it wrote.
    private static async Task<(int Code, string Output, string Error)> InterruptAsync(
        Func<bool> isTime, string[] args, Action? written = null, Func<Process, Task>? interrupt = null)
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        using Process process = Process.Start(ToolProcess.Start(args))!;
        Task<string> error = process.StandardError.ReadToEndAsync(cancellation);
        Task<string> output = ReadAsync(process.StandardOutput, written, cancellation);
        while (!isTime())
        {
            Assert.False(process.HasExited, "It ended before it was interrupted: " + (process.HasExited ? await error : ""));
            await Task.Delay(5, cancellation);
        }

        await (interrupt ?? KillAsync)(process);
        await process.WaitForExitAsync(cancellation);
        return (process.ExitCode, await output, await error);
    }

    private static async Task KillAsync(Process process)
    {
        using Process kill = Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> ReadAsync(StreamReader reader, Action? written, CancellationToken cancellation)
    {
        List<char> text = [];
        char[] some = new char[64];
        while (await reader.ReadAsync(some, cancellation) is > 0 and int count)
        {
            text.AddRange(some.AsSpan(0, count));
            written?.Invoke();
        }

        return new string([.. text]);
    }
}
