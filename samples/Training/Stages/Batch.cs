using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Chat;
using Llamalith.Contracts;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>Sequences end to end, and what each token is to predict.</summary>
internal sealed class Batch
{
    private readonly List<int> _tokens = [];
    private readonly List<int> _lengths = [];
    private readonly List<int> _targets = [];

    /// <summary>All tokens.</summary>
    public int[] Tokens => [.. _tokens];

    /// <summary>The length of each sequence.</summary>
    public int[] Lengths => [.. _lengths];

    /// <summary>What each token is to predict, or <see cref="TokenTargets.None"/>.</summary>
    public int[] Targets => [.. _targets];

    /// <summary>Number of tokens so far.</summary>
    public int Count => _tokens.Count;

    /// <summary>Number of targets so far.</summary>
    public int TargetCount => _targets.Count(target => target != TokenTargets.None);

    /// <summary>Adds a sequence of which every token is to be predicted but the first.</summary>
    public void Add(ReadOnlySpan<int> tokens) => Add(tokens, [1..tokens.Length]);

    /// <summary>Adds a conversation of which the answers are to be predicted, and nothing of the prompts.</summary>
    public void Add(ChatTokens chat) => Add(chat.Tokens, chat.Answers);

    /// <summary>Adds a sequence of which some ranges are to be predicted.</summary>
    public void Add(ReadOnlySpan<int> tokens, IReadOnlyList<Range> learned)
    {
        // The last token predicts nothing, so it need not be read.
        int begin = _targets.Count;
        for (int i = 0; i < tokens.Length - 1; i++)
        {
            _tokens.Add(tokens[i]);
            _targets.Add(TokenTargets.None);
        }

        foreach (Range range in learned)
        {
            (int start, int length) = range.GetOffsetAndLength(tokens.Length);
            ArgumentOutOfRangeException.ThrowIfLessThan(start, 1, nameof(learned));
            for (int i = start; i < start + length; i++)
                _targets[begin + i - 1] = tokens[i];
        }

        _lengths.Add(tokens.Length - 1);
    }

    /// <summary>The mean cross-entropy, after adding its gradients.</summary>
    public double Learn(ITrainer trainer, CrossEntropy loss)
    {
        trainer.Forward(Tokens, Lengths);
        loss.Begin(Targets);
        trainer.Backward(loss);
        return loss.Mean;
    }

    /// <summary>ln p of each target, 0 where there is none; no gradients.</summary>
    public double[] LogProbabilities(ITrainer trainer, CrossEntropy loss)
    {
        trainer.Forward(Tokens, Lengths);
        loss.Begin(Targets);
        trainer.ReadLogits(loss);
        return loss.LogProbabilities.ToArray();
    }
}
