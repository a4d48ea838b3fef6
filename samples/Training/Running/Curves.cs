using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Tools;
using ScottPlot;

namespace Llamalith.StoryTraining.Running;

/// <summary>A curve of a chart.</summary>
/// <param name="Name">What it is.</param>
/// <param name="X">Its places.</param>
/// <param name="Y">Its values.</param>
/// <param name="Dashed">Whether it is a limit to compare with.</param>
internal sealed record Curve(string Name, double[] X, double[] Y, bool Dashed = false)
{
    /// <summary>The same, each value the mean of those around it.</summary>
    public Curve Smooth(int window)
    {
        double[] smooth = new double[Y.Length];
        for (int i = 0; i < Y.Length; i++)
        {
            int begin = Math.Max(0, i - (window / 2)), end = Math.Min(Y.Length, i + (window / 2) + 1);
            smooth[i] = Y.AsSpan(begin, end - begin).ToArray().Average();
        }

        return this with { Y = smooth };
    }

    /// <summary>
    /// The value after the first twentieth, in which a loss falls from the vocabulary's: shown whole, that would leave no room for the
    /// rest. null for curves too short to have one.
    /// </summary>
    public double? AfterFall => Y.Length < 20 ? null : Y[Y.Length / 20];
}

/// <summary>Draws curves into a PNG.</summary>
internal static class Curves
{
    private const int Width = 900, Height = 500;

    /// <summary>Writes a chart.</summary>
    /// <param name="path">The file.</param>
    /// <param name="title">What the curves show.</param>
    /// <param name="x">What their places are.</param>
    /// <param name="y">What their values are.</param>
    /// <param name="curves">The curves.</param>
    /// <param name="top">The highest value that is shown; null for all.</param>
    public static void Save(string path, string title, string x, string y, IReadOnlyList<Curve> curves, double? top = null)
    {
        using Plot plot = new();
        foreach (Curve curve in curves)
        {
            if (curve.X.Length == 0)
                continue;
            var line = plot.Add.ScatterLine(curve.X, curve.Y);
            line.LegendText = curve.Name;
            line.LineWidth = 2;
            if (curve.Dashed)
                line.LinePattern = LinePattern.Dashed;
        }

        if (top is { } highest)
        {
            double lowest = curves.SelectMany(curve => curve.Y).Min();
            plot.Axes.SetLimitsY(lowest - ((highest - lowest) * 0.05), highest);
        }

        plot.Title(title);
        plot.XLabel(x);
        plot.YLabel(y);
        // Where the curves are not: they end below where they began, or above.
        plot.ShowLegend(curves.Any(curve => curve.Y.Length > 1 && !curve.Dashed && curve.Y[^1] > curve.Y[0])
            ? Alignment.LowerRight : Alignment.UpperRight);
        byte[] image = plot.GetImageBytes(Width, Height, ImageFormat.Png);
        AtomicFile.Write(path, stream => stream.Write(image));
    }
}
