using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Engines.Trainers;

namespace Llamalith.Tests;

/// <summary>A compiled trainer and its engine.</summary>
internal sealed record Subject(string Name, RopeLayout Layout, ModelShape Shape, Func<Checkpoint, TrainerOptions?, ITrainer> Load,
    Func<long, TrainerOptions?, ITrainer> Create, Func<Checkpoint, ILlamaModel> Engine)
{
    public static IReadOnlyList<Subject> All { get; } =
    [
        Of<Mha, Mha.Trainer>(),
        Of<GqaTied, GqaTied.Trainer>(),
        Of<Mqa, Mqa.Trainer>(),
        Of<BiasWindow, BiasWindow.Trainer>(RopeLayout.HalfSplit),
        Of<Odd, Odd.Trainer>(),
        Of<WideHead, WideHead.Trainer>(),
    ];

    public static TheoryData<string> Names => [.. All.Select(static subject => subject.Name)];

    public static Subject Named(string name) => All.Single(subject => subject.Name == name);

    private static Subject Of<TModel, TTrainer>(RopeLayout layout = RopeLayout.Interleaved)
        where TModel : ILlamaModel<TModel>
        where TTrainer : ITrainer<TTrainer> => new(
            typeof(TModel).Name,
            layout,
            TTrainer.CompiledShape,
            static (checkpoint, options) => TTrainer.Load(checkpoint, options),
            static (seed, options) => TTrainer.Create(seed, options),
            static checkpoint => TModel.Load(checkpoint, new LoadOptions { Threads = 1 }));
}
