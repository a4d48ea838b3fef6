using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Runtime.Intrinsics.X86;
using Llamalith.Benchmarks.Targets;

namespace Llamalith.Benchmarks.Edge;

/// <summary>
/// samples/Edge, published for each target and under the JIT, side by side: size, start to first token, resident memory, speed.
/// </summary>
internal static class EdgeTable
{
    public const string Command = "edge";

    private const int Tokens = 200;
    private const string Usage = """
        usage: edge [--repeats N] [--folder DIR]
          --repeats   runs of each program, of which the median counts; default 30
          --folder    where the published programs are kept, and looked for; default: made anew and deleted
        """;

    public static int Run(string[] args)
    {
        int repeats = 30;
        string? kept = null;
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--repeats" when i + 1 < args.Length && int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out repeats)
                    && repeats > 0:
                    i++;
                    break;
                case "--folder" when i + 1 < args.Length:
                    kept = Path.GetFullPath(args[++i]);
                    break;
                default:
                    Console.Error.WriteLine(Usage);
                    return 2;
            }
        }

        string folder = kept ?? Directory.CreateTempSubdirectory("llamalith-edge-").FullName;
        try
        {
            if (!File.Exists(Path.Combine(folder, "jit", "edge.dll")))
                Publish(folder);
            string[] sample =
                ["--temperature", "0", "--tokens", Tokens.ToString(CultureInfo.InvariantCulture), "--threads", "1", "--figures"];
            Print([.. Programs(folder)], sample, repeats);
            return 0;
        }
        finally
        {
            if (kept is null)
                Directory.Delete(folder, recursive: true);
        }
    }

    private static void Publish(string folder)
    {
        string project = Path.Combine(Root(), "samples", "Edge", "Edge.csproj");
        Dotnet("publish", project, "-c", "Release", "-r", "linux-x64", "-p:LlamalithLauncher=true", "-o", Path.Combine(folder, "aot"));
        Dotnet("build", project, "-c", "Release", "-o", Path.Combine(folder, "jit"));
    }

    private static IEnumerable<EdgeProgram> Programs(string folder)
    {
        string aot = Path.Combine(folder, "aot"), jit = Path.Combine(folder, "jit");
        yield return Native("AOT, avx2", Path.Combine(aot, "edge.avx2"));
        if (Avx512BW.VL.IsSupported)
            yield return Native("AOT, avx512", Path.Combine(aot, "edge.avx512"));
        yield return new EdgeProgram(
            "AOT, launcher", Path.Combine(aot, "edge"), [], Directory.EnumerateFiles(aot, "edge*")
                .Where(file => !file.EndsWith(".dbg", StringComparison.Ordinal)).Sum(file => new FileInfo(file).Length));
        yield return new EdgeProgram(
            "JIT", "dotnet", ["exec", Path.Combine(jit, "edge.dll")], ((string[])["edge", "Llamalith.Runtime", "Llamalith.Attributes"])
                .Sum(name => new FileInfo(Path.Combine(jit, name + ".dll")).Length));

        static EdgeProgram Native(string name, string path) => new(name, path, [], new FileInfo(path).Length);
    }

    // The programs take turns, so that a machine that slows down slows them all.
    private static void Print(EdgeProgram[] programs, string[] sample, int repeats)
    {
        (double First, double Resident, double Speed)[][] runs = Array.ConvertAll(programs, _ => new (double, double, double)[repeats]);
        foreach (EdgeProgram program in programs)
            program.Run(sample);
        for (int repeat = 0; repeat < repeats; repeat++)
        {
            for (int i = 0; i < programs.Length; i++)
                runs[i][repeat] = programs[i].Run(sample);
        }

        double embedded =
            new DirectoryInfo(Path.Combine(Root(), "samples", "Edge", "obj", "Release", "net10.0", "linux-x64", "llamalith", "resource"))
            .EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => (double)file.Length);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Medians of {repeats} runs: a story of the default model, {Tokens} tokens at most, on one thread. {embedded / 1e6:F2} MB of "
                + $"each executable are weights and prompt.\n"));
        Console.WriteLine("| build | size MB | start to first token, ms | resident MB | tokens/s |\n|---|---|---|---|---|");
        for (int i = 0; i < programs.Length; i++)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {programs[i].Name} | {programs[i].Bytes / 1e6:F2} | {MedianOf(i, run => run.First):F1} | "
                    + $"{MedianOf(i, run => run.Resident) / 1e6:F1} | {MedianOf(i, run => run.Speed):N0} |"));
        }

        double MedianOf(int program, Func<(double First, double Resident, double Speed), double> figure) =>
            Median.Of([.. runs[program].Select(figure)]);
    }

    private static void Dotnet(params string[] arguments)
    {
        using Process process =
            Process.Start(new ProcessStartInfo("dotnet", arguments)) ?? throw new InvalidOperationException("dotnet was not started.");
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Compiler.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException($"There is no Compiler.sln above {AppContext.BaseDirectory}.");
    }
}
