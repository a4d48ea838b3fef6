using System;
using System.IO;
using Llamalith.Cli.Output;
using Spectre.Console;

namespace Llamalith.Tests.Output;

public sealed class ProgressBarsTests : IDisposable
{
    private readonly StringWriter _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public void None_ShowNothing()
    {
        Assert.False(ProgressBars.None.AreVisible);
        Assert.Equal(7, ProgressBars.None.Run("loading", progress =>
        {
            Assert.Null(progress);
            return 7;
        }));
        Assert.Equal(8, ProgressBars.None.Wait("compiling", () => 8));
    }

    [Fact]
    public void On_IsNoneWhereErrorIsNoTerminal() => Assert.False(ProgressBars.On(_screen).AreVisible);

    [Fact]
    public void Run_ShowsATitleAndThenClearsIt()
    {
        int result = Bars().Run("loading [1]", progress =>
        {
            Assert.NotNull(progress);
            progress.Report(0.5);
            return 7;
        });
        Assert.Equal(7, result);
        Assert.Contains("loading [1]", _screen.ToString(), StringComparison.Ordinal);

        // The last thing on the screen is that the line is taken away.
        Assert.Contains("\e[2K", _screen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Wait_ShowsATitle()
    {
        Assert.Equal(8, Bars().Wait("compiling", () => 8));
        Assert.Contains("compiling", _screen.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_LetsErrorsThrough() =>
        Assert.Throws<NotSupportedException>(() => Bars().Run<int>("loading", _ => throw new NotSupportedException()));

    private ProgressBars Bars() => new(() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = AnsiSupport.Yes,
        Interactive = InteractionSupport.Yes,
        Out = new AnsiConsoleOutput(_screen),
    }));
}
