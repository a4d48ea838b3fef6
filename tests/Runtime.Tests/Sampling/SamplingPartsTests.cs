using System;
using System.Linq;
using System.Runtime.Intrinsics;
using CsCheck;
using Llamalith.Sampling;

namespace Llamalith.Tests.Sampling;

public class SamplingPartsTests
{
    [Fact]
    public void SplitMix_GivesThePublishedNumbers()
    {
        ulong state = 0;
        ulong[] numbers = [SplitMix64.Next(ref state), SplitMix64.Next(ref state), SplitMix64.Next(ref state), SplitMix64.Next(ref state)];
        Assert.Equal([0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC], numbers);
    }

    [Fact]
    public void Xoshiro_GivesThePublishedNumbers()
    {
        Xoshiro256 random = new(1, 2, 3, 4);
        ulong[] numbers = [random.Next(), random.Next(), random.Next(), random.Next(), random.Next()];
        Assert.Equal([11520ul, 0, 1509978240, 1215971899390074240, 1216172134540287360], numbers);
    }

    [Fact]
    public void Xoshiro_DrawsUnitsEvenly()
    {
        Xoshiro256 random = new(5);
        int[] counts = new int[10];
        for (int i = 0; i < 100_000; i++)
        {
            double unit = random.NextUnit();
            Assert.InRange(unit, 0, 1 - 1e-16);
            counts[(int)(unit * 10)]++;
        }
        Assert.All(counts, count => Assert.InRange(count, 9600, 10_400));
    }

    [Fact]
    public void Exp_IsCloseToTheRealOne()
    {
        for (int i = 0; i <= 87_000; i++)
        {
            float x = -i / 1000f;
            float y = LogitMath.Exp(Vector256.Create(x))[3];
            double relative = Math.Abs(y / Math.Exp(x) - 1);
            Assert.True(relative < 1.5e-7, $"e^{x} = {y}, off by {relative}.");
        }
        Assert.Equal(1, LogitMath.Exp(Vector256.Create(0f))[0]);
        Assert.Equal(1, LogitMath.Exp(Vector256.Create(-0f))[0]);
        Assert.Equal(0, LogitMath.Exp(Vector256.Create(-87.5f))[0]);
        Assert.Equal(0, LogitMath.Exp(Vector256.Create(float.NegativeInfinity))[0]);
        Assert.Equal(0, LogitMath.Exp(Vector256.Create(float.MinValue))[0]);
    }

    private static readonly Gen<float> s_logit = Gen.OneOf(
        Gen.Float.Where(x => !float.IsNaN(x)), Gen.Int[-4, 4].Select(i => (float)i),
        Gen.OneOf(0f, -0f, float.NegativeInfinity, float.PositiveInfinity));

    [Fact]
    public void LogitKey_SortsByLogitThenIndex() =>
        Gen.Select(s_logit, s_logit, Gen.Int[0, 9], Gen.Int[0, 9]).Sample((a, b, i, j) =>
        {
            ulong first = LogitKey.Of(a, i), second = LogitKey.Of(b, j);
            Assert.Equal(a == b ? i.CompareTo(j) : b.CompareTo(a), first.CompareTo(second));
            Assert.Equal(a, LogitKey.Logit(first));
            Assert.Equal(i, LogitKey.Index(first));
        }, iter: 5000);

    [Fact]
    public void CollectLargest_FindsWhatSortingFinds() =>
        Gen.Select(s_logit.Array[1, 900], Gen.Int[1, 900]).Where((logits, count) => count <= logits.Length).Sample((logits, count) =>
        {
            ulong[] keys = new ulong[logits.Length];
            LogitMath.CollectLargest(logits, count, keys);
            int[] expected = [.. Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(count).Order()];
            Assert.Equal(expected, keys.Take(count).Select(LogitKey.Index).Order());
        }, iter: 1000);

    [Fact]
    public void SelectBest_FindsWhatSortingFinds() =>
        Gen.Select(Gen.ULong.HashSet[0, 400], Gen.Int[0, 450]).Sample((set, count) =>
        {
            ulong[] keys = [.. set];
            LogitKey.SelectBest(keys, count);
            Assert.Equal(set.Order().Take(count), keys.Take(count).Order());
            Assert.Equal(set.Order(), keys.Order());
        }, iter: 1000);

    [Fact]
    public void SelectBest_EndsOnOrderedKeys()
    {
        foreach (bool falling in (bool[])[true, false])
        {
            ulong[] keys = [.. Enumerable.Range(0, 100_000).Select(i => (ulong)(falling ? 100_000 - i : i))];
            LogitKey.SelectBest(keys, 500);
            Assert.Equal(Enumerable.Range(falling ? 1 : 0, 500).Select(i => (ulong)i), keys.Take(500).Order());
        }
    }

    [Fact]
    public void Weigh_SumsUpEachBlock()
    {
        float[] logits = [.. Enumerable.Range(0, 2500).Select(i => -(i % 17) * 0.25f)];
        float[] weights = new float[2500];
        double[] sums = new double[3];
        double total = LogitMath.Weigh(logits, weights, 0, 2, sums);
        for (int i = 0; i < 2500; i++)
            Assert.Equal(Math.Exp(logits[i] / 2), weights[i], 1e-6);
        for (int block = 0; block < 3; block++)
            Assert.Equal(weights.Skip(block * 1024).Take(1024).Sum(w => (double)w), sums[block], 1e-3);
        Assert.Equal(sums.Sum(), total, 1e-9);
        Assert.Equal(logits.Sum(l => Math.Exp(l)), LogitMath.SumOfWeights(logits, 0), 1e-3);
    }

    [Fact]
    public void SamplingOptions_NameTheValueThatIsWrong()
    {
        Refuses("Temperature", () => new SamplingOptions { Temperature = -0.5f });
        Refuses("Temperature", () => new SamplingOptions { Temperature = float.NaN });
        Refuses("Temperature", () => new SamplingOptions { Temperature = float.PositiveInfinity });
        Refuses("TopK", () => new SamplingOptions { TopK = -1 });
        Refuses("TopP", () => new SamplingOptions { TopP = 0 });
        Refuses("TopP", () => new SamplingOptions { TopP = 1.01f });
        Refuses("TopP", () => new SamplingOptions { TopP = float.NaN });
        Refuses("MinP", () => new SamplingOptions { MinP = -0.1f });
        Refuses("MinP", () => new SamplingOptions { MinP = 1.1f });
        Refuses("RepetitionPenalty", () => new SamplingOptions { RepetitionPenalty = 0 });
        Refuses("RepetitionPenalty", () => new SamplingOptions { RepetitionPenalty = float.NaN });
        Refuses("RepetitionWindow", () => new SamplingOptions { RepetitionWindow = -2 });
        Refuses("TopK", () => SamplingOptions.Greedy with { TopK = -1 });

        static void Refuses(string property, Func<SamplingOptions> make)
        {
            ArgumentOutOfRangeException error = Assert.Throws<ArgumentOutOfRangeException>(make);
            Assert.Equal(property, error.ParamName);
            Assert.StartsWith($"{property} must be ", error.Message, StringComparison.Ordinal);
        }
    }
}
