using System;
using System.Linq;
using CsCheck;
using Llamalith.Sampling;

namespace Llamalith.Tests.Sampling;

public class SamplerTests
{
    private static readonly Gen<float[]> s_logits = Gen.OneOf(
        Gen.Float[-20, 20],
        Gen.Int[-3, 3].Select(i => (float)i),
        Gen.OneOf(-0f, 0f, float.NegativeInfinity, 1e30f, -1e30f)).Array[1, 200];

    /// <summary>Logits that take no floating-point function to make, so every machine makes the same.</summary>
    private static float[] Logits(int count, float spread)
    {
        float[] logits = new float[count];
        ulong state = (ulong)count;
        for (int i = 0; i < count; i++)
            logits[i] = spread * ((SplitMix64.Next(ref state) >> 40) * (1f / (1 << 24)) - 0.5f);
        return logits;
    }

    [Fact]
    public void Greedy_TakesTheFirstOfTheLargest() =>
        s_logits.Where(l => l.Any(x => x > float.NegativeInfinity)).Sample(logits =>
        {
            int best = 0;
            for (int i = 1; i < logits.Length; i++)
                if (logits[i] > logits[best])
                    best = i;
            Assert.Equal(best, new Sampler(SamplingOptions.Greedy, logits.Length).Sample(logits));
        }, iter: 3000);

    [Fact]
    public void Sample_NamesTheTokenWhoseLogitIsNaN()
    {
        foreach (SamplingOptions options in (SamplingOptions[])[SamplingOptions.Greedy, new(), new() { TopK = 2 },
            new() { TopP = 0.5f, RepetitionPenalty = 2 }])
        {
            for (int at = 0; at < 75; at++)
            {
                float[] logits = Logits(75, 4);
                logits[at] = float.NaN;
                ArgumentException error = Assert.Throws<ArgumentException>(() => new Sampler(options, 75).Sample(logits, [3]));
                Assert.Contains($"token {at} is NaN", error.Message, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void Sample_RefusesLogitsThatLeaveNothingToChoose()
    {
        float[] logits = [.. Enumerable.Repeat(float.NegativeInfinity, 40)];
        Assert.Contains("-Infinity", Assert.Throws<ArgumentException>(() => new Sampler(new SamplingOptions(), 40).Sample(logits)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Sample_RefusesLogitsOfAnotherVocabulary()
    {
        string message = Assert.Throws<ArgumentException>(() => new Sampler(new SamplingOptions(), 40).Sample(new float[41])).Message;
        Assert.Contains("41 logits", message, StringComparison.Ordinal);
        Assert.Contains("40 tokens", message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new Sampler(new SamplingOptions(), 0));
    }

    [Fact]
    public void Sample_SharesTheProbabilityAmongInfiniteLogits()
    {
        float[] logits = Logits(50, 4);
        logits[7] = logits[23] = float.PositiveInfinity;
        Assert.Equal(7, new Sampler(SamplingOptions.Greedy, 50).Sample(logits));
        Sampler sampler = new(new SamplingOptions { Seed = 1, TopK = 5 }, 50);
        int[] counts = new int[50];
        for (int i = 0; i < 1000; i++)
            counts[sampler.Sample(logits)]++;
        Assert.Equal(1000, counts[7] + counts[23]);
        Assert.InRange(counts[7], 420, 580);
    }

    private static readonly Gen<SamplingOptions> s_options = Gen.Select(
        Gen.OneOf(1e-3f, 0.5f, 1f, 3f, 1e9f), Gen.OneOf(0, 1, 3, 40, 1000), Gen.OneOf(0.01f, 0.3f, 0.9f, 0.999f, 1f),
        Gen.OneOf(0f, 0.05f, 0.6f, 1f), Gen.ULong,
        (temperature, topK, topP, minP, seed) =>
            new SamplingOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = seed });

    [Fact]
    public void Sample_DrawsOnlyWhatTheFiltersLeave() =>
        Gen.Select(s_logits.Where(l => l.Any(x => x > float.NegativeInfinity)), s_options).Sample((logits, options) =>
        {
            double[] expected = PlainSampling.Distribution(options, logits);
            // On the edge of a filter rounding decides.
            double[] wider = PlainSampling.Distribution(
                options with { TopP = Math.Min(1, options.TopP + 1e-5f), MinP = options.MinP * 0.9999f }, logits);
            Sampler sampler = new(options, logits.Length);
            for (int i = 0; i < 20; i++)
            {
                int token = sampler.Sample(logits);
                Assert.True(expected[token] > 0 || wider[token] > 0, $"{options}: token {token} was drawn.");
            }
        }, iter: 2000);

    public static TheoryData<float, int, float, float, int, float> Mixtures => new()
    {
        { 1, 0, 1, 0, 12, 6 },
        { 0.7f, 0, 1, 0, 3000, 30 },
        { 2, 0, 1, 0, 2500, 30 },
        { 1, 9, 1, 0, 40, 8 },
        { 1.5f, 300, 1, 0, 5000, 8 },
        { 1, 0, 0.8f, 0, 12, 6 },
        { 0.8f, 0, 0.9f, 0, 3000, 20 },
        { 1, 0, 0.6f, 0, 1500, 0.01f },
        { 1, 0, 1, 0.1f, 100, 8 },
        { 1.3f, 50, 0.95f, 0.02f, 3000, 12 },
    };

    /// <summary>Pearson's test of the drawn tokens against the plain distribution, over the tokens that are likely enough.</summary>
    [Theory, MemberData(nameof(Mixtures))]
    public void Sample_DrawsInProportion(float temperature, int topK, float topP, float minP, int vocabSize, float spread)
    {
        const int Draws = 12_000;
        SamplingOptions options = new() { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, Seed = 20 };
        float[] logits = Logits(vocabSize, spread);
        double[] expected = PlainSampling.Distribution(options, logits);
        Sampler sampler = new(options, vocabSize);
        int[] counts = new int[vocabSize];
        for (int i = 0; i < Draws; i++)
            counts[sampler.Sample(logits)]++;

        double chi = 0, restExpected = 0, restSeen = 0;
        int cells = 0;
        for (int i = 0; i < vocabSize; i++)
        {
            double wanted = Draws * expected[i];
            if (wanted >= 8)
            {
                chi += (counts[i] - wanted) * (counts[i] - wanted) / wanted;
                cells++;
            }
            else
            {
                restExpected += wanted;
                restSeen += counts[i];
            }
        }
        if (restExpected >= 8)
        {
            chi += (restSeen - restExpected) * (restSeen - restExpected) / restExpected;
            cells++;
        }
        Assert.True(cells >= 2, "There is nothing to compare.");
        double degrees = cells - 1;
        Assert.True(chi < degrees + 5 * Math.Sqrt(2 * degrees) + 10, $"chi² = {chi} with {degrees} degrees of freedom.");
    }

    [Fact]
    public void Temperature_DoesNotWidenTheNucleus()
    {
        // 0.62, 0.23, 0.08 ...: the first alone is the nucleus, however hot.
        float[] logits = [2, 1, 0, -1, -2, -3];
        Sampler sampler = new(new SamplingOptions { TopP = 0.5f, Temperature = 100, Seed = 3 }, 6);
        for (int i = 0; i < 200; i++)
            Assert.Equal(0, sampler.Sample(logits));
    }

    [Fact]
    public void Temperature_NearZeroIsGreedy()
    {
        float[] logits = Logits(3000, 20);
        int best = new Sampler(SamplingOptions.Greedy, 3000).Sample(logits);
        Sampler sampler = new(new SamplingOptions { Temperature = 1e-40f, Seed = 3 }, 3000);
        for (int i = 0; i < 50; i++)
            Assert.Equal(best, sampler.Sample(logits));
    }

    [Fact]
    public void Sample_IsTheSameOnEveryMachine()
    {
        float[] logits = Logits(2000, 14);
        int[] Draw(SamplingOptions options)
        {
            Sampler sampler = new(options with { Seed = 42 }, logits.Length);
            return [.. Enumerable.Range(0, 8).Select(_ => sampler.Sample(logits))];
        }

        Assert.Equal([157, 727, 1291, 1809, 1979, 1483, 1382, 1606], Draw(new SamplingOptions { Temperature = 0.9f }));
        Assert.Equal([996, 1269, 1904, 663, 1497, 118, 1209, 63], Draw(new SamplingOptions { TopK = 30 }));
        Assert.Equal([157, 727, 1289, 1803, 1979, 1483, 1382, 1606], Draw(new SamplingOptions { TopP = 0.9f }));
        Assert.Equal([157, 727, 1303, 1809, 1979, 1484, 1384, 1628], Draw(new SamplingOptions { MinP = 0.1f, Temperature = 1.7f }));
    }

    [Fact]
    public void Restart_DrawsTheSameAgain()
    {
        float[] logits = Logits(500, 10);
        Sampler sampler = new(new SamplingOptions { Seed = 9 }, 500);
        int[] first = [.. Enumerable.Range(0, 50).Select(_ => sampler.Sample(logits))];
        sampler.Restart();
        Assert.Equal(first, Enumerable.Range(0, 50).Select(_ => sampler.Sample(logits)));
        Assert.Equal(9ul, sampler.Seed);
        Sampler other = new(new SamplingOptions { Seed = 10 }, 500);
        Assert.NotEqual(first, Enumerable.Range(0, 50).Select(_ => other.Sample(logits)));
    }

    [Fact]
    public void Seed_ThatIsNotGivenIsTakenAnewAndTold()
    {
        float[] logits = Logits(500, 10);
        Sampler sampler = new(new SamplingOptions(), 500);
        int[] first = [.. Enumerable.Range(0, 50).Select(_ => sampler.Sample(logits))];
        Sampler again = new(new SamplingOptions { Seed = sampler.Seed }, 500);
        Assert.Equal(first, Enumerable.Range(0, 50).Select(_ => again.Sample(logits)));
        ulong seed = sampler.Seed;
        sampler.Restart();
        Assert.NotEqual(seed, sampler.Seed);
    }

    [Fact]
    public void RepetitionPenalty_LowersWhatWasSeenOnceForAll()
    {
        float[] logits = [3, 2.9f, -1, -1.2f];
        Sampler sampler = new(SamplingOptions.Greedy with { RepetitionPenalty = 1.1f }, 4);
        Assert.Equal(0, sampler.Sample(logits));
        Assert.Equal(0, sampler.Sample(logits, []));
        Assert.Equal(1, sampler.Sample(logits, [0]));
        Assert.Equal(0, sampler.Sample(logits, [1]));
        // Each once, however often it was seen: 3 / 1.1 is still above 2.9 / 1.1.
        Assert.Equal(0, sampler.Sample(logits, [0, 0, 0, 1]));
        Assert.Equal([3, 2.9f, -1, -1.2f], logits);

        float[] negative = [-1, -1.05f];
        Assert.Equal(1, new Sampler(SamplingOptions.Greedy with { RepetitionPenalty = 1.1f }, 2).Sample(negative, [0]));
    }

    [Fact]
    public void RepetitionPenalty_ForgetsWhatLiesBehindTheWindow()
    {
        float[] logits = [3, 2.9f, 0];
        Sampler sampler = new(SamplingOptions.Greedy with { RepetitionPenalty = 1.5f, RepetitionWindow = 2 }, 3);
        Assert.Equal(1, sampler.Sample(logits, [0, 2]));
        Assert.Equal(0, sampler.Sample(logits, [0, 2, 2]));
    }

    [Fact]
    public void RepetitionPenalty_RefusesTokensOutsideTheVocabulary()
    {
        Sampler sampler = new(SamplingOptions.Greedy with { RepetitionPenalty = 1.5f }, 3);
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Sample([1f, 2, 3], [3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Sample([1f, 2, 3], [-1]));
    }

    [Fact]
    public void Sample_AllocatesNothing()
    {
        float[] logits = Logits(40_000, 20);
        int[] recent = [1, 2, 3];
        foreach (SamplingOptions options in (SamplingOptions[])[
            SamplingOptions.Greedy, SamplingOptions.Greedy with { RepetitionPenalty = 1.1f }, new(), new() { TopK = 40 },
            new() { TopP = 0.9f }, new() { MinP = 0.05f }, new() { TopK = 100, TopP = 0.9f, MinP = 0.01f, RepetitionPenalty = 1.1f }])
        {
            Sampler sampler = new(options with { Seed = 1 }, logits.Length);
            sampler.Sample(logits, recent);
            Assert.Equal(0, Allocations.Least(() =>
            {
                for (int i = 0; i < 20; i++)
                    sampler.Sample(logits, recent);
            }));
        }
    }
}
