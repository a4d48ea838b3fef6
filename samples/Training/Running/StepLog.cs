using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Llamalith.Tools;

namespace Llamalith.StoryTraining.Running;

/// <summary>A line of a log.</summary>
/// <param name="Step">The step's number, from 0.</param>
/// <param name="Tokens">Tokens of this step and all before.</param>
/// <param name="Values">The stage's values.</param>
internal sealed record LogRow(int Step, long Tokens, double[] Values);

/// <summary>
/// What the steps came to, as a CSV file that grows by a line a step. A run that goes on from an earlier state cuts off the lines of the
/// steps that are done again.
/// </summary>
internal sealed class StepLog : IDisposable
{
    private readonly List<LogRow> _rows = [];
    private readonly StreamWriter _writer;

    /// <summary>Opens the log of a stage at a step.</summary>
    /// <exception cref="StageException">Lines are missing before that step.</exception>
    public StepLog(string path, IReadOnlyList<string> columns, int step)
    {
        Columns = columns;
        string heading = string.Join(',', columns.Prepend("tokens").Prepend("step"));
        string[] lines = step > 0 && File.Exists(path) ? File.ReadAllLines(path) : [];
        if (step > 0 && (lines.Length <= step || lines[0] != heading))
        {
            throw new StageException(
                $"{path} has {Math.Max(0, lines.Length - 1)} lines, but {step} steps are done. Without the stage's folder it begins anew.");
        }

        _rows.AddRange(lines.Skip(1).Take(step).Select(Parse));
        AtomicFile.RemovePartial(path);
        AtomicFile.Write(path, stream =>
        {
            using StreamWriter kept = new(stream, leaveOpen: true) { NewLine = "\n" };
            kept.WriteLine(heading);
            foreach (LogRow row in _rows)
                kept.WriteLine(Format(row));
        });
        _writer = new StreamWriter(path, append: true) { NewLine = "\n" };
    }

    /// <summary>What the values are.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>All lines.</summary>
    public IReadOnlyList<LogRow> Rows => _rows;

    /// <summary>Tokens of all steps.</summary>
    public long Tokens => _rows.Count == 0 ? 0 : _rows[^1].Tokens;

    /// <summary>Adds a step.</summary>
    public void Add(StepResult result)
    {
        LogRow row = new(_rows.Count, Tokens + result.Tokens, result.Values);
        _rows.Add(row);
        _writer.WriteLine(Format(row));
    }

    /// <summary>Sees all lines to the disk: before a state that counts on them.</summary>
    public void Flush()
    {
        _writer.Flush();
        ((FileStream)_writer.BaseStream).Flush(flushToDisk: true);
    }

    /// <summary>The values of a column against tokens, where there are any.</summary>
    public (double[] Tokens, double[] Values) Curve(string column)
    {
        int at = Columns.ToList().IndexOf(column);
        LogRow[] rows = [.. _rows.Where(row => double.IsFinite(row.Values[at]))];
        return ([.. rows.Select(row => (double)row.Tokens)], [.. rows.Select(row => row.Values[at])]);
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    private static string Format(LogRow row) => string.Create(
        CultureInfo.InvariantCulture, $"{row.Step},{row.Tokens},{string.Join(',', row.Values.Select(Text))}");

    private static string Text(double value) => double.IsNaN(value) ? "" : value.ToString("R", CultureInfo.InvariantCulture);

    private static LogRow Parse(string line)
    {
        string[] fields = line.Split(',');
        return new LogRow(
            int.Parse(fields[0], CultureInfo.InvariantCulture),
            long.Parse(fields[1], CultureInfo.InvariantCulture),
            [.. fields.Skip(2).Select(field => field.Length == 0 ? double.NaN : double.Parse(field, CultureInfo.InvariantCulture))]);
    }
}
