using System;
using System.IO;
using System.Runtime.CompilerServices;
using System.Threading;
using Spectre.Console;

namespace Llamalith.Cli.Output;

/// <summary>Shows how far a long piece of work is, one bar at a time, which is gone when the work is done.</summary>
/// <param name="terminal">Opens the terminal; null where there is none, and nothing is shown.</param>
internal sealed class ProgressBars(ProgressBars.OpenTerminal? terminal)
{
    /// <summary>Opens a terminal. No Func, whose type argument alone would have the terminal library loaded.</summary>
    public delegate IAnsiConsole OpenTerminal();

    private static int s_shown;

    /// <summary>Bars that nobody sees.</summary>
    public static ProgressBars None { get; } = new(null);

    /// <summary>Whether there is anyone to see them.</summary>
    public bool AreVisible => terminal is not null;

    /// <summary>Bars on standard error, where that is a terminal.</summary>
    public static ProgressBars On(TextWriter error) => error == Console.Error && !Console.IsErrorRedirected ? OnStandardError() : None;

    /// <summary>Does something with a bar for it.</summary>
    /// <param name="title">What is done.</param>
    /// <param name="work">Told how far it is, 0 to 1, through its argument; which is null where nobody would see.</param>
    public T Run<T>(string title, Func<IProgress<double>?, T> work) =>
        terminal is null ? work(null) : Show(terminal, title, isMeasured: true, work);

    /// <summary>Does something that does not know how far it is.</summary>
    public T Wait<T>(string title, Func<T> work) => terminal is null ? work() : Show(terminal, title, isMeasured: false, _ => work());

    /// <summary>Shows the terminal's cursor again where a bar still hides it, since the work below that bar did not end in time.</summary>
    public static void GiveCursorBack(TextWriter error)
    {
        if (Volatile.Read(ref s_shown) > 0 && On(error).AreVisible)
            error.WriteLine("\e[?25h");
    }

    // Methods of their own, so that the terminal library is not even loaded where nothing is shown.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ProgressBars OnStandardError() =>
        new(() => AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) }));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static T Show<T>(OpenTerminal terminal, string title, bool isMeasured, Func<IProgress<double>, T> work)
    {
        ProgressColumn[] columns =
            [new TaskDescriptionColumn(), new ProgressBarColumn(), .. isMeasured ? [new PercentageColumn()] : (ProgressColumn[])[]];
        Interlocked.Increment(ref s_shown);
        try
        {
            return terminal().Progress().AutoClear(true).Columns(columns).Start(context =>
            {
                Bar bar = new(context.AddTask(Markup.Escape(title)));
                bar.Task.IsIndeterminate = !isMeasured;
                T result = work(bar);
                bar.Report(1);
                return result;
            });
        }
        finally
        {
            Interlocked.Decrement(ref s_shown);
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public ProgressTask Task => task;

        public void Report(double value) => task.Value = value * task.MaxValue;
    }
}
