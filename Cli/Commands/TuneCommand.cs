using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith tune`: which kernels are the fastest on this machine for a model, of those that give the same bits.</summary>
internal static class TuneCommand
{
    private static readonly string[] s_columns = ["product", "weights", "kernel", "told", "GB/s", "GMAC/s", "beside the first", ""];

    /// <summary>The verb.</summary>
    /// <param name="engines">Where engines come from.</param>
    public static Command Create(EngineBuilder engines)
    {
        ModelOptions model = new();
        Option<string?> output = new Option<string?>("--output", "-o")
        {
            HelpName = "file",
            Description = "Write what was chosen, for LoadOptions.Kernels or the property LlamalithKernels of a project.",
        }.RejectEmpty();
        WritingCommand command =
            new("tune", "Measure the kernels that an engine may run here, all of the same bits, and keep the fastest.") { model.File,
                output, model.Threads, model.Context };
        command.SetAction((result, cancellation) => Task.Run(
            () => Run(engines, model.Read(result), result.GetValue(output), result.InvocationConfiguration, cancellation), cancellation));
        return command;
    }

    private static int Run(
        EngineBuilder engines, ModelRequest request, string? path, InvocationConfiguration console, CancellationToken cancellation)
    {
        Collector measured = new();
        ProgressBars bars = ProgressBars.On(console.Error);
        using RunningModel running = RunningModel.Open(
            request with { Tune = Tuning.Always, Measured = measured }, engines, bars, cancellation, needsTokenizer: false);
        if (measured.All.Count == 0)
        {
            console.Output.ReportLine("This engine has one kernel for each product: there is nothing to choose.");
        }
        else
        {
            Write(console.Output, measured.All);
            console.Error.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"isa={running.Model.InstructionSet} threads={running.Model.Threads}"));
        }

        if (path is not null)
        {
            File.WriteAllText(path, new KernelChoices(
                measured.All.Where(static candidate => candidate.IsChosen).Select(static candidate => candidate.Kernel)).ToString());
        }

        return 0;
    }

    private static void Write(TextWriter output, IReadOnlyList<KernelMeasurement> measured)
    {
        List<string[]> lines = [s_columns];
        foreach (IGrouping<(ProductKind, TensorType), KernelMeasurement> product in measured.GroupBy(
            static candidate => (candidate.Kernel.Product, candidate.Kernel.Format)))
        {
            double first = product.First().MultiplyAddsPerSecond;
            lines.AddRange(product.Select(candidate => Cells(candidate, first)));
        }

        int[] widths = [.. s_columns.Select((_, i) => lines.Max(line => line[i].Length))];
        foreach (string[] line in lines)
        {
            output.WriteLine(string.Join(
                "  ", line.Select((cell, i) => i is 4 or 5 or 6 ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
        }
    }

    private static string[] Cells(KernelMeasurement candidate, double first)
    {
        ProductKernel kernel = candidate.Kernel;
        string told = kernel.Product == ProductKind.MatVec
            ? string.Create(CultureInfo.InvariantCulture, $"{kernel.Far} and {kernel.Near} bytes ahead")
            : string.Create(CultureInfo.InvariantCulture, $"{kernel.TokenBlock} tokens at once");
        return
        [
            kernel.Product.ToString(), kernel.Format.ToString(), kernel.Kernel, told,
            (candidate.BytesPerSecond / 1e9).ToString("0.00", CultureInfo.InvariantCulture),
            (candidate.MultiplyAddsPerSecond / 1e9).ToString("0.0", CultureInfo.InvariantCulture),
            (candidate.MultiplyAddsPerSecond / first).ToString("0.00", CultureInfo.InvariantCulture),
            candidate.IsChosen ? "chosen" : "",
        ];
    }

    private sealed class Collector : IProgress<KernelMeasurement>
    {
        public List<KernelMeasurement> All { get; } = [];

        public void Report(KernelMeasurement value) => All.Add(value);
    }
}
