using System;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Stages;
using Llamalith.Tests.Readers;

[assembly: AssemblyFixture(typeof(Llamalith.Tests.Training.PreparedRun))]

namespace Llamalith.Tests.Training;

/// <summary>A run with corpus and vocabulary, made once for all tests, which work on copies.</summary>
public sealed class PreparedRun : IDisposable
{
    private readonly TempFolder _folder = new();

    public PreparedRun()
    {
        Setup setup = new(ModelKit.Of<TinyLlama, TinyLlama.Trainer>(), Folder, Seed: 3, Threads: 2);
        CorpusReport corpus = CorpusStage.Run(setup, 2000, 100);
        Assert.InRange(corpus.BitsPerStory, 50, 150);
        TokenizerReport tokenizer = TokenizerStage.Run(setup, 100);
        Assert.Equal(corpus.BitsPerStory, tokenizer.FloorBitsPerToken * tokenizer.TokensPerStory, 1e-9);
    }

    public string Folder => _folder["run"];

    public void Dispose() => _folder.Dispose();
}
