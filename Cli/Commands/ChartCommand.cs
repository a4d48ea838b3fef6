using System.CommandLine;
using System.Linq;
using System.Text;
using Llamalith.Cli.Benchmarking.Measurements;
using Llamalith.Cli.Output;
using Llamalith.Tools;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith chart`: draws what `bench --save` measured.</summary>
internal static class ChartCommand
{
    public static Command Create()
    {
        Argument<string[]> files = new Argument<string[]>(
            "FILE") { Description = "Measurements, as `bench --save` writes them.", Arity = ArgumentArity.OneOrMore }.RejectEmpty();
        Option<string> output = new Option<string>(
            "--output", "-o") { HelpName = "file", Required = true, Description = "The SVG file to write." }.RejectEmpty();
        Option<int?> threads = CountOption.Create(
            "--threads", "-t", 1, "The number of threads to draw. Default: the most that all were measured with.", ThreadsOption.Most);
        Command command = new("chart", "Draw measured speeds as bars, in an SVG file.") { files, output, threads };
        command.SetAction(result =>
        {
            string path = result.GetRequiredValue(output);
            byte[] chart = Encoding.UTF8.GetBytes(
                SpeedChart.Draw([.. result.GetRequiredValue(files).Select(Measurement.Read)], result.GetValue(threads)));
            AtomicFile.Write(path, stream => stream.Write(chart));
            result.InvocationConfiguration.Output.ReportLine(path);
            return 0;
        });
        return command;
    }
}
