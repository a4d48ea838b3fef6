using System;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tokenization;
using Llamalith.Tools;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Models;

/// <summary>What the stages need of a compiled model: its trainer and its engine, whatever its sizes.</summary>
/// <param name="Shape">What it was compiled for.</param>
/// <param name="Create">A trainer of new weights.</param>
/// <param name="Load">A trainer of a checkpoint's weights.</param>
/// <param name="Engine">An engine of a checkpoint's weights; the checkpoint is disposed with it.</param>
internal sealed record ModelKit(
    ModelShape Shape,
    Func<long, TrainerOptions, ITrainer> Create,
    Func<Checkpoint, TrainerOptions, ITrainer> Load,
    Func<Checkpoint, LoadOptions, ILlamaModel> Engine)
{
    /// <summary>The kit of a compiled model.</summary>
    public static ModelKit Of<TModel, TTrainer>()
        where TModel : ILlamaModel<TModel>
        where TTrainer : ITrainer<TTrainer> => new(
            TModel.CompiledShape,
            (seed, options) => TTrainer.Create(seed, options),
            (checkpoint, options) => TTrainer.Load(checkpoint, options),
            (checkpoint, options) => TModel.Load(checkpoint, options));

    /// <summary>A trainer of a model file's weights.</summary>
    public ITrainer LoadTrainer(string path, TrainerOptions options)
    {
        if (!File.Exists(path))
            throw new StageException($"{path} is missing: the stage that makes it comes first.");
        using Checkpoint checkpoint = Checkpoint.Open(path);
        return Load(checkpoint, options);
    }

    /// <summary>Writes a trainer's weights in 32-bit floats, with the tokenizer.</summary>
    public static void Save(ITrainer trainer, SentencePieceTokenizer tokenizer, string path)
    {
        using Checkpoint checkpoint = trainer.ToCheckpoint();
        ModelQuantizer.Quantize(
            checkpoint, path, QuantizationPreset.F32,
            new QuantizeOptions { Threads = 1, Tokenizer = tokenizer.ToGguf(), Name = Path.GetFileNameWithoutExtension(path) });
    }
}
