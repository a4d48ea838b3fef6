using System;
using System.Diagnostics;
using System.IO;
using System.Threading;

namespace Llamalith.StoryTraining.Running;

/// <summary>How a stage is run.</summary>
internal sealed record RunOptions
{
    /// <summary>The folder of the whole run; each stage has a folder of its own in it.</summary>
    public required string Folder { get; init; }

    /// <summary>How often the state is saved.</summary>
    public TimeSpan SaveEvery { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Stops after the current step, with the state saved.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>Whether the run is shown as it goes.</summary>
    public bool Quiet { get; init; }
}

/// <summary>Runs a stage from where it was left to its end.</summary>
internal static class StageRunner
{
    private const string StateFile = "state.bin", LogFile = "log.csv", DoneFile = "done";

    /// <summary>Runs a stage.</summary>
    /// <returns>Whether it is done; false where it was cancelled, to be gone on with.</returns>
    public static bool Run(IStage stage, RunOptions options)
    {
        string folder = Path.Combine(options.Folder, stage.Name);
        Directory.CreateDirectory(folder);
        string statePath = Path.Combine(folder, StateFile), done = Path.Combine(folder, DoneFile);
        if (File.Exists(done) && File.ReadAllText(done) == stage.Settings)
        {
            if (!options.Quiet)
                Console.WriteLine($"{stage.Name}: done already, in {folder}");
            return true;
        }

        int step = TrainingState.Load(statePath, stage);
        using StepLog log = new(Path.Combine(folder, LogFile), stage.Columns, step);
        using (StageDisplay display = new(stage, step, options.Quiet))
        {
            Stopwatch sinceSave = Stopwatch.StartNew();
            while (step < stage.Steps)
            {
                if (options.Cancellation.IsCancellationRequested)
                {
                    Save();
                    return false;
                }

                StepResult result = stage.Step(step);
                log.Add(result);
                step++;
                display.Show(step, result);
                if (sinceSave.Elapsed >= options.SaveEvery)
                {
                    Save();
                    sinceSave.Restart();
                }
            }

            Save();
        }

        stage.Finish(folder, log);
        File.WriteAllText(done, stage.Settings);
        return true;

        void Save()
        {
            // The log first: a state whose lines were lost could not be gone on from.
            log.Flush();
            TrainingState.Save(statePath, stage, step);
        }
    }
}
