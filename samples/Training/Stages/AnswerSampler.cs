using System;
using System.Collections.Concurrent;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Sampling;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>An answer that a model gave.</summary>
/// <param name="Tokens">Prompt and answer, EOS included where the model ended it itself.</param>
/// <param name="PromptLength">Tokens of the prompt.</param>
/// <param name="Finished">Whether the model ended it itself.</param>
internal sealed record Sample(int[] Tokens, int PromptLength, bool Finished)
{
    /// <summary>The answer, without its EOS.</summary>
    public ReadOnlySpan<int> Answer => Tokens.AsSpan(PromptLength, Tokens.Length - PromptLength - (Finished ? 1 : 0));

    /// <summary>Where the answer lies, EOS included.</summary>
    public Range Range => PromptLength..Tokens.Length;
}

/// <summary>Lets the generated engine answer prompts, as many at once as there are threads. Which thread answers changes nothing.</summary>
internal sealed class AnswerSampler : IDisposable
{
    private readonly ConcurrentBag<ILlamaModel> _engines = [];
    private readonly Setup _setup;
    private readonly Tokenizer _tokenizer;
    private readonly float _topP;

    /// <summary>Engines with a trainer's weights as they are now.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="trainer">The model.</param>
    /// <param name="topP">Answers are drawn from the likeliest tokens that together have this probability; 1: from the model's own
    /// distribution.</param>
    public AnswerSampler(Setup setup, Tokenizer tokenizer, ITrainer trainer, float topP = 1)
    {
        (_setup, _tokenizer, _topP) = (setup, tokenizer, topP);
        for (int i = 0; i < setup.Threads; i++)
            _engines.Add(setup.Kit.Engine(trainer.ToCheckpoint(), new LoadOptions { Threads = 1 }));
    }

    /// <summary>Answers prompts.</summary>
    /// <param name="prompts">The prompts.</param>
    /// <param name="place">Where the random numbers of the first answer are; those of the others follow.</param>
    public Sample[] Run(int[][] prompts, long place)
    {
        Sample[] samples = new Sample[prompts.Length];
        Parallel.For(0, prompts.Length, new ParallelOptions { MaxDegreeOfParallelism = _setup.Threads }, i =>
        {
            if (!_engines.TryTake(out ILlamaModel? engine))
                throw new InvalidOperationException("More answers are under way than there are engines.");
            try
            {
                samples[i] = Answer(engine, prompts[i], Dice.At(_setup.Seed, Purpose.Sampling, place + i));
            }
            finally
            {
                _engines.Add(engine);
            }
        });
        return samples;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ILlamaModel model in _engines)
            model.Dispose();
    }

    private Sample Answer(ILlamaModel model, int[] prompt, Dice dice)
    {
        model.Truncate(0);
        Sampler sampler = new(new SamplingOptions { Seed = dice.Next(), TopP = _topP }, model.Shape.VocabSize);
        int[] tokens = new int[model.Shape.Context];
        prompt.CopyTo(tokens, 0);
        int count = prompt.Length;
        ReadOnlySpan<float> logits = model.Prefill(prompt);
        while (count < tokens.Length)
        {
            int token = sampler.Sample(logits);
            tokens[count++] = token;
            if (token == _tokenizer.EosId)
                return new Sample(tokens[..count], prompt.Length, Finished: true);
            if (count < tokens.Length)
                logits = model.Decode(token);
        }

        return new Sample(tokens, prompt.Length, Finished: false);
    }
}
