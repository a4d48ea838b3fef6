using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Security;
using System.Text;

namespace Llamalith.Cli.Benchmarking.Measurements;

/// <summary>
/// Tokens per second as bars, an SVG file: a group for every model, a bar for every engine, prompts on the left and decoding on the right.
/// </summary>
internal static class SpeedChart
{
    private const int Width = 760, Top = 44, BarHeight = 17, BarStep = 20, GroupGap = 22, LabelWidth = 112, BarWidth = 170,
        PanelWidth = 370;

    // The first engine's, which the others stand beside, and theirs.
    private static readonly string[] s_colours = ["#2b6cb0", "#b8c4d0", "#d9c8a9", "#c9b3c9", "#b3c9b6"];

    /// <summary>Draws measurements that were made with one number of threads.</summary>
    /// <param name="measurements">The measurements, whose first engines are the same.</param>
    /// <param name="threads">The number of threads; null for the most that all were made with.</param>
    /// <exception cref="CliException">There is no such number.</exception>
    public static string Draw(IReadOnlyList<Measurement> measurements, int? threads = null)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        int count = threads ?? MostThreads(measurements);
        List<BenchRecord[]> groups = [.. measurements
            .SelectMany(measurement => measurement.Results)
            .Where(record => record.Threads == count)
            .GroupBy(record => record.Model)
            .Select(group => group.ToArray())];
        if (groups.Count == 0)
            throw new CliException(string.Create(CultureInfo.InvariantCulture, $"None of the measurements was made with {count} threads."));
        string[] engines = [.. groups.SelectMany(group => group).Select(record => record.Engine).Distinct()];
        int bottom = Top + groups.Sum(group => (group.Length * BarStep) + GroupGap);
        StringBuilder svg = new();
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Width}\" height=\"{bottom + 54}\" viewBox=\"0 0 {Width} {bottom + 54}\" "
                + $"font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{bottom + 54}\" fill=\"#ffffff\"/>\n");
        int prompt = groups[0][0].PromptTokens;
        Panel(svg, 20, string.Create(CultureInfo.InvariantCulture, $"prompt of {prompt}, tokens/s"), groups, engines,
            record => record.PromptRate);
        Panel(svg, 20 + PanelWidth, "decode, tokens/s", groups, engines, record => record.DecodeRate);
        double x = 20 + LabelWidth;
        foreach ((string engine, int number) in engines.Select((engine, number) => (engine, number)))
        {
            svg.Append(
                CultureInfo.InvariantCulture,
                $"<rect x=\"{x}\" y=\"{bottom}\" width=\"14\" height=\"14\" fill=\"{Colour(number)}\"/><text x=\"{x + 20}\" "
                    + $"y=\"{bottom + 12}\" fill=\"#222\">{Escape(engine)}</text>\n");
            x += 44 + (7 * engine.Length);
        }

        string where = string.Join("; ",
            measurements.Select(one => string.Create(CultureInfo.InvariantCulture, $"{one.Processor}, {one.Date:yyyy-MM-dd}")).Distinct());
        svg.Append(
            CultureInfo.InvariantCulture,
            $"<text x=\"20\" y=\"{bottom + 40}\" font-size=\"11\" fill=\"#555\">{count} {(count == 1 ? "thread" : "threads")}, "
                + $"{Escape(where)}</text>\n");
        return svg.Append("</svg>\n").ToString();
    }

    private static int MostThreads(IReadOnlyList<Measurement> measurements)
    {
        HashSet<int> common = [.. measurements[0].Results.Select(record => record.Threads)];
        foreach (Measurement other in measurements)
            common.IntersectWith(other.Results.Select(record => record.Threads));
        return common.Count > 0
            ? common.Max() : throw new CliException("The measurements were made with different numbers of threads; -t says which to draw.");
    }

    private static void Panel(
        StringBuilder svg, int left, string title, List<BenchRecord[]> groups, string[] engines, Func<BenchRecord, double?> rate)
    {
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{left}\" y=\"24\" font-size=\"15\" font-weight=\"bold\" fill=\"#222\">{Escape(title)}</text>\n");
        double most = groups.SelectMany(group => group).Max(record => rate(record) ?? 0);
        int y = Top;
        foreach (BenchRecord[] group in groups)
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{left}\" y=\"{y + (group.Length * BarStep / 2) + 2}\" fill=\"#222\">{Escape(group[0].Model)}</text>\n");
            foreach (BenchRecord record in group)
            {
                double value = rate(record) ?? 0;
                string width = Number(most > 0 ? BarWidth * value / most : 0, "0.0");
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<rect x=\"{left + LabelWidth}\" y=\"{y}\" width=\"{width}\" height=\"{BarHeight}\" "
                        + $"fill=\"{Colour(Array.IndexOf(engines, record.Engine))}\"/>");
                svg.Append(
                    CultureInfo.InvariantCulture,
                    $"<text x=\"{Number(left + LabelWidth + (most > 0 ? BarWidth * value / most : 0) + 5, "0.0")}\" y=\"{y + 13}\" "
                        + $"fill=\"#222\">{Words(group, record, rate)}</text>\n");
                y += BarStep;
            }

            y += GroupGap;
        }
    }

    // Beside the first engine's figure stands how many times as fast as the others it is.
    private static string Words(BenchRecord[] group, BenchRecord record, Func<BenchRecord, double?> rate)
    {
        if (rate(record) is not double value)
            return "-";
        string text = Number(value, value >= 100 ? "0" : "0.0");
        string[] ratios =
            record == group[0] ? [.. group[1..].Select(rate).OfType<double>().Select(other => Number(value / other, "0.0") + "x")] : [];
        return ratios.Length > 0 ? $"{text} ({string.Join(", ", ratios)})" : text;
    }

    private static string Colour(int number) => s_colours[number % s_colours.Length];

    private static string Escape(string text) => SecurityElement.Escape(text);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
