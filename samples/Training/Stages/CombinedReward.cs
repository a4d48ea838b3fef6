using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.Tokenization;

namespace Llamalith.StoryTraining.Stages;

/// <summary>
/// The paper's combination (arXiv 2307.09288, section 3.2.3): the safety model's score where the wish is known to be unsafe or the score's
/// probability is below 0.15, else the helpfulness model's.
/// </summary>
internal sealed class CombinedReward : IDisposable
{
    private const double LeastSafety = 0.15;

    private readonly RewardModel _helpfulness, _safety;

    /// <summary>Opens both models.</summary>
    public CombinedReward(Setup setup)
    {
        _helpfulness = RewardModel.Open(setup, RewardStage.FolderOf(Aspect.Helpfulness));
        _safety = RewardModel.Open(setup, RewardStage.FolderOf(Aspect.Safety));
    }

    /// <summary>
    /// The reward of each answer before whitening. Scores are logits already: the paper's logit of the model's probability is the score
    /// itself.
    /// </summary>
    public float[] Score(IReadOnlyList<Wish> wishes, IReadOnlyList<Sample> samples, Tokenizer tokenizer)
    {
        int[][] sequences = [.. samples.Select(sample => Ended(sample, tokenizer))];
        float[] helpfulness = _helpfulness.Score(sequences), safety = _safety.Score(sequences);
        return [.. samples.Select((_, i) => Combine(wishes[i].Kind == WishKind.Unsafe, helpfulness[i], safety[i]))];
    }

    /// <summary>The reward of one answer.</summary>
    public static float Combine(bool unsafeWish, float helpfulness, float safety) =>
        unsafeWish || 1 / (1 + Math.Exp(-safety)) < LeastSafety ? safety : helpfulness;

    /// <inheritdoc/>
    public void Dispose()
    {
        _helpfulness.Dispose();
        _safety.Dispose();
    }

    // The models know conversations that end. One that did not is scored as if it ended where it broke off.
    private static int[] Ended(Sample sample, Tokenizer tokenizer) =>
        sample.Finished ? sample.Tokens : [.. sample.Tokens[..^1], tokenizer.EosId];
}
