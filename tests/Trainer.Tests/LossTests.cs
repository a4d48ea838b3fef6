using System;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Reference;
using Llamalith.Training;

namespace Llamalith.Tests;

/// <summary>The losses' own mathematics: known values, and gradients against finite differences.</summary>
public sealed class LossTests
{
    [Fact]
    public void RewardLoss_IsLn2AtEqualScores()
    {
        float[] better = new float[1], worse = new float[1];
        Assert.Equal(Math.Log(2), RewardRanking.Differentiate([0.7f], [0.7f], [], better, worse), 1e-12);
        Assert.Equal(-0.5f, better[0]);
        Assert.Equal(0.5f, worse[0]);
    }

    [Fact]
    public void RewardGradient_AgreesWithFiniteDifferences()
    {
        float[] chosen = [0.5f, -2, 30, 1], rejected = [0.25f, 1, -40, 0], margins = [1, 0.5f, 0, 3], up = new float[4],
            down = new float[4], ignored = new float[4];
        RewardRanking.Differentiate(chosen, rejected, margins, up, down);
        for (int i = 0; i < chosen.Length; i++)
        {
            Assert.Equal(Slope(value => RewardRanking.Differentiate(With(chosen, i, value), rejected, margins, ignored, ignored.ToArray()),
                chosen[i]), up[i], 1e-5);
            Assert.Equal(-up[i], down[i]);
        }
    }

    [Fact]
    public void CrossEntropyGradient_AgreesWithFiniteDifferences()
    {
        float[] logits = new SeededRandom(3).Normals(19, 3);
        CrossEntropy loss = new();
        float[] gradient = [.. logits];
        loss.Begin([7], scale: 1);
        loss.Differentiate(0, gradient);
        for (int i = 0; i < logits.Length; i++)
        {
            Assert.Equal(
                Slope(value =>
                {
                    loss.Begin([7]);
                    loss.Read(0, With(logits, i, value));
                    return loss.Mean;
                }, logits[i]),
                gradient[i],
                1e-4);
        }
    }

    [Fact]
    public void PpoPolicy_BeginsAtRatioOneAndNoDivergence()
    {
        float[] logits = new SeededRandom(4).Normals(19, 2);
        CrossEntropy before = new();
        before.Begin([5]);
        before.Read(0, logits);
        PpoPolicyLoss loss = new();
        loss.Begin([5], before.LogProbabilities, [1.5f]);
        loss.Differentiate(0, [.. logits]);
        Assert.Equal(1, loss.MeanRatio, 1e-6);
        Assert.Equal(0, loss.Divergence, 1e-6);
        Assert.Equal(0, loss.ClippedShare);
        Assert.Equal(-1.5, loss.Mean, 1e-6);
    }

    [Theory]
    [InlineData(0.05, 1.5)]
    [InlineData(0.05, -1.5)]
    [InlineData(0.6, 1.5)]
    [InlineData(0.6, -1.5)]
    [InlineData(-0.6, 1.5)]
    [InlineData(-0.6, -1.5)]
    public void PpoPolicyGradient_AgreesWithFiniteDifferences(double movedBy, double advantage)
    {
        float[] logits = new SeededRandom(4).Normals(19, 2);
        CrossEntropy now = new();
        now.Begin([5]);
        now.Read(0, logits);
        double[] before = [now.LogProbabilities[0] - movedBy];
        PpoPolicyLoss loss = new();
        float[] gradient = [.. logits];
        loss.Begin([5], before, [(float)advantage]);
        loss.Differentiate(0, gradient);
        for (int i = 0; i < logits.Length; i++)
        {
            Assert.Equal(
                Slope(value =>
                {
                    loss.Begin([5], before, [(float)advantage]);
                    loss.Differentiate(0, With(logits, i, value));
                    return loss.Mean;
                }, logits[i]),
                gradient[i],
                1e-3);
        }
    }

    [Fact]
    public void PpoValueGradient_AgreesWithFiniteDifferences()
    {
        float[] values = [0.1f, 1, -1, 0.5f], before = [0, 0, 0, 0.45f], returns = [1, -1, -2, 0.5f], gradient = new float[4],
            ignored = new float[4];
        PpoValues.Differentiate(values, before, returns, 0.2, gradient);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(Slope(value => PpoValues.Differentiate(With(values, i, value), before, returns, 0.2, ignored), values[i]),
                gradient[i], 1e-4);
        }
    }

    [Fact]
    public void Advantages_WithoutDecayAreReturnsLessValues()
    {
        float[] advantages = new float[3], returns = new float[3];
        PpoValues.Advantages([1, 2, 4], [0.5f, 1, 2], 1, 1, advantages, returns);
        Assert.Equal([7, 6, 4], returns);
        Assert.Equal([6.5f, 5, 2], advantages);
    }

    [Fact]
    public void LinearHead_GradientsAreItsDerivative()
    {
        using LinearHead head = new(11);
        float[] hidden = new SeededRandom(1).Normals(11, 1), back = new float[11];
        Span<float> weights = head.Parameters.Weights(head.Parameters.Items[0]);
        new SeededRandom(2).Normals(11, 1).CopyTo(weights);
        Assert.Equal(weights.ToArray().Zip(hidden, static (w, h) => w * h).Sum(), head.Score(hidden), 1e-4f);
        head.Backward(hidden, 2, back);
        Assert.Equal(hidden.Select(static h => 2 * h), head.Parameters.Gradients(head.Parameters.Items[0]).ToArray());
        Assert.Equal(weights.ToArray().Select(static w => 2 * w), back);
    }

    [Fact]
    public void Schedule_WarmsUpAndFallsToItsFloor()
    {
        LearningRateSchedule schedule = new(Peak: 2, WarmupSteps: 4, TotalSteps: 104);
        Assert.Equal(0.5, schedule.At(0));
        Assert.Equal(2, schedule.At(3));
        Assert.Equal(2, schedule.At(4), 1e-12);
        Assert.Equal(1.1, schedule.At(54), 1e-12);
        Assert.Equal(0.2, schedule.At(104), 1e-12);
        Assert.Equal(0.2, schedule.At(1000), 1e-12);
    }

    [Fact]
    public void AdamW_StepsAsTheFormulaSays()
    {
        using ParameterSet set = new([("matrix", 2, 9), ("vector", 1, 3)]);
        using WorkerTeam team = new(2);
        using AdamW optimizer = new(team, [set], new AdamWOptions { ClipNorm = 2 });
        var random = new SeededRandom(6);
        double[] w = new double[21], m = new double[21], v = new double[21];
        for (int step = 1; step <= 3; step++)
        {
            double[] g = [.. random.Normals(21, 1).Select(static value => (double)value)];
            Fill(set, g);
            double norm = Math.Sqrt(g.Sum(static x => x * x));
            Assert.Equal(norm, optimizer.Step(0.01), 1e-5);
            for (int i = 0; i < g.Length; i++)
            {
                double clipped = g[i] * Math.Min(1, 2 / norm);
                m[i] = (0.9 * m[i]) + (0.1 * clipped);
                v[i] = (0.95 * v[i]) + (0.05 * clipped * clipped);
                double decay = i < 18 ? 0.1 * w[i] : 0;
                w[i] -= 0.01 * ((m[i] / (1 - Math.Pow(0.9, step)) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.95, step))) + 1e-5)) + decay);
            }
        }

        float[] actual = [.. set.Weights(set.Items[0]), .. set.Weights(set.Items[1])];
        for (int i = 0; i < w.Length; i++)
            Assert.Equal(w[i], actual[i], 1e-5);
        Fill(set, [.. Enumerable.Repeat(double.NaN, 21)]);
        Assert.False(double.IsFinite(optimizer.Step(0.01)));
        float[] after = [.. set.Weights(set.Items[0]), .. set.Weights(set.Items[1])];
        Assert.Equal(actual, after);
        Assert.Equal(3, optimizer.Steps);
    }

    private static void Fill(ParameterSet set, double[] gradients)
    {
        int at = 0;
        foreach (Parameter parameter in set.Items)
        {
            foreach (ref float gradient in set.Gradients(parameter))
                gradient = (float)gradients[at++];
        }
    }

    private static double Slope(Func<float, double> of, float at)
    {
        float up = at + 1e-2f, down = at - 1e-2f;
        return (of(up) - of(down)) / ((double)up - down);
    }

    private static float[] With(float[] values, int index, float value)
    {
        float[] changed = [.. values];
        changed[index] = value;
        return changed;
    }
}
