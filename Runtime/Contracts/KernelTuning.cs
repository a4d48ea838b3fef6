using System;
using System.ComponentModel;
using System.IO;
using System.Runtime.CompilerServices;
using Llamalith.Tuner;

namespace Llamalith.Contracts;

/// <summary>Chooses the kernels of an engine that is being loaded. Not for use by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class KernelTuning
{
    /// <summary>The resource of an assembly that says which kernels its engines run.</summary>
    public const string Resource = "llamalith.kernels";

    /// <summary>
    /// Chooses: what the load was told; else what the engine's assembly says; else, as <see cref="Tuning"/> says, what is kept or
    /// measured; else the first of each list.
    /// </summary>
    /// <param name="engine">The engine, whose weights are bound and whose buffers are there.</param>
    /// <param name="team">Its threads.</param>
    /// <param name="options">How it is loaded.</param>
    /// <param name="shape">What it was compiled for.</param>
    /// <param name="table">Where its choices lie.</param>
    public static void Choose(ITunable engine, WorkerTeam team, LoadOptions options, ModelShape shape, KernelTable table)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(team);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(table);
        EngineTuner tuner = new(engine, team, shape.Layers, table);
        if ((options.Kernels ?? OfAssembly(engine.GetType().Assembly)) is { } told)
        {
            tuner.Use(told);
            return;
        }

        bool always = options.Tune == Tuning.Always;
        if (options.Tune == Tuning.Never || (!always && !tuner.IsLarge))
            return;
        string key = tuner.Key(shape);
        KeptKernels kept = new(options.KernelFolder ?? KeptKernels.UsersFolder);
        if (!always && kept.TryRead(key) is { } known && tuner.Fits(known))
        {
            tuner.Use(known);
            return;
        }

        if (always || (RuntimeFeature.IsDynamicCodeCompiled && !table.IsMapped))
            kept.Write(key, tuner.Measure(always, options.Measured));
    }

    private static KernelChoices? OfAssembly(System.Reflection.Assembly assembly)
    {
        using Stream? resource = assembly.GetManifestResourceStream(Resource);
        return resource is null ? null : KernelChoices.Load(resource, $"the resource {Resource} of {assembly.GetName().Name}");
    }
}
