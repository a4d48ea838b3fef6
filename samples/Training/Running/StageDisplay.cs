using System;
using System.Diagnostics;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using Spectre.Console;

namespace Llamalith.StoryTraining.Running;

/// <summary>
/// Shows how a stage goes: the share that is done, the loss, tokens a second, the time that is left. On a terminal as a live bar, elsewhere
/// as a line now and then.
/// </summary>
internal sealed class StageDisplay : IDisposable
{
    private static readonly TimeSpan s_lineEvery = TimeSpan.FromSeconds(10);

    private readonly IStage _stage;
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly int _begin;
    private readonly bool _quiet;
    private readonly ManualResetEventSlim _ended = new();
    private readonly Task? _live;
    private volatile string _text = "";
    private volatile int _step;
    private TimeSpan _lastLine;
    private long _tokens;
    private double _smoothLoss = double.NaN;

    /// <summary>Begins to show a stage from a step on.</summary>
    public StageDisplay(IStage stage, int step, bool quiet)
    {
        _stage = stage;
        _begin = _step = step;
        _quiet = quiet;
        if (!quiet && AnsiConsole.Profile.Capabilities.Interactive && !Console.IsOutputRedirected)
            _live = Task.Factory.StartNew(ShowLive, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        else if (!quiet && step > 0)
            Console.WriteLine($"{stage.Name}: goes on from step {step} of {stage.Steps}");
    }

    /// <summary>Shows a step.</summary>
    public void Show(int step, StepResult result)
    {
        _tokens += result.Tokens;
        if (double.IsFinite(result.Loss))
            _smoothLoss = double.IsNaN(_smoothLoss) ? result.Loss : (0.95 * _smoothLoss) + (0.05 * result.Loss);
        TimeSpan left = _watch.Elapsed / (step - _begin) * (_stage.Steps - step);
        _text = string.Create(
            CultureInfo.InvariantCulture,
            $"loss {_smoothLoss:F4}  {_tokens / _watch.Elapsed.TotalSeconds:N0} tokens/s  {left:hh\\:mm\\:ss} left");
        _step = step;
        if (_quiet || _live is not null || (_watch.Elapsed - _lastLine < s_lineEvery && step < _stage.Steps))
            return;
        _lastLine = _watch.Elapsed;
        Console.WriteLine($"{_stage.Name}: step {step} of {_stage.Steps}  {_text}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.Set();
        _live?.Wait();
        _ended.Dispose();
    }

    private void ShowLive() => AnsiConsole.Progress().AutoClear(false)
        .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn())
        .Start(context =>
        {
            ProgressTask task = context.AddTask(_stage.Name, maxValue: _stage.Steps);
            bool ended;
            do
            {
                ended = _ended.Wait(TimeSpan.FromMilliseconds(200));
                task.Value = _step;
                task.Description = Markup.Escape($"{_stage.Name} {_step}/{_stage.Steps}  {_text}");
            }
            while (!ended);
        });
}
