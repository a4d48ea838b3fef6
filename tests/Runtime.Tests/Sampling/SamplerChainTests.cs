using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Llamalith.Sampling;

namespace Llamalith.Tests.Sampling;

public sealed class SamplerChainTests
{
    [Fact]
    public void Steps_LeaveWhatLlamaCppsLeave()
    {
        using JsonDocument data = JsonDocument.Parse(File.ReadAllText(SharedData.PathOrSkip("sampling/llama-cpp.json")));
        Dictionary<string, float[]> rows =
            data.RootElement.GetProperty("rows").EnumerateObject().ToDictionary(static row => row.Name, static row => Numbers(row.Value));
        int[] history = [.. data.RootElement.GetProperty("history").EnumerateArray().Select(static token => token.GetInt32())];
        int compared = 0;
        foreach (JsonElement test in data.RootElement.GetProperty("cases").EnumerateArray())
        {
            string sampler = test.GetProperty("sampler").GetString()!, row = test.GetProperty("logits").GetString()!;
            if (OptionsOf(sampler, test.GetProperty("arguments")) is not { } options)
                continue;
            // Where a probability is nothing, llama.cpp's expected surprise is 0 · ∞, and what it leaves is whatever its sort makes of
            // that.
            if (sampler == "typical" && options.TypicalP < 1 && Softmax(rows[row]).Any(static p => p == 0))
                continue;
            Compare($"{sampler} {test.GetProperty("arguments")} {row}", options, KindOf(sampler), rows[row], history,
                test.GetProperty("left"));
            compared++;
        }
        Assert.True(compared > 200, $"{compared} cases");
    }

    [Fact]
    public void Chain_ChoosesAsTheShortWayDoes()
    {
        // The same steps in another order of two that change nothing: the long way.
        float[] logits = Logits(3000, 12);
        SamplingOptions options = new() { TopK = 50, TopP = 0.9f, MinP = 0.02f, Temperature = 0.8f, RepetitionPenalty = 1.2f, Seed = 5 };
        IReadOnlyList<SamplerKind> order = SamplerOrder.Parse("dry;penalties;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature");
        Assert.Equal(Draw(options, logits, 400).Order(), Draw(options with { Order = order }, logits, 400).Order());
        Assert.Equal(Draw(options with { Temperature = 0 }, logits, 3), Draw(options with { Temperature = 0, Order = order }, logits, 3));
    }

    [Fact]
    public void Order_DecidesWhatIsCutOff()
    {
        // 0.62, 0.23, 0.08 ...: the first alone is the nucleus, unless it is flat by then.
        float[] logits = [2, 1, 0, -1, -2, -3];
        SamplingOptions options = new() { TopP = 0.5f, Temperature = 100, Seed = 3 };
        Assert.All(Draw(options with { Order = SamplerOrder.Parse("pt") }, logits, 100), static token => Assert.Equal(0, token));
        Assert.Equal([0, 1, 2], Draw(options with { Order = SamplerOrder.Parse("tp") }, logits, 200).Distinct().Order());
        Assert.Equal(6, Draw(options with { Order = SamplerOrder.Parse("temperature") }, logits, 500).Distinct().Count());
    }

    [Theory]
    [InlineData("top_k;top_p;temperature", "top_k;top_p;temperature")]
    [InlineData("kpt", "top_k;top_p;temperature")]
    [InlineData("edskypmxt", "penalties;dry;top_n_sigma;top_k;typ_p;top_p;min_p;xtc;temperature")]
    [InlineData("typical-p; temp", "typ_p;temperature")]
    [InlineData("dry", "dry")]
    [InlineData("", "")]
    public void Order_IsReadAsLlamaCppWritesIt(string text, string names) =>
        Assert.Equal(names, SamplerOrder.Format(SamplerOrder.Parse(text)));

    [Theory]
    [InlineData("top_k;nothing", "nothing")]
    [InlineData("kpq", "q")]
    [InlineData("kk", "twice")]
    public void Order_NamesWhatIsWrong(string text, string named) =>
        Assert.Contains(named, Assert.Throws<FormatException>(() => SamplerOrder.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void Bias_ForbidsAndFavours()
    {
        float[] logits = Logits(100, 5);
        int best = Array.IndexOf(logits, logits.Max());
        Assert.NotEqual(
            best, new Sampler(new SamplingOptions { Temperature = 0,
                LogitBias = new Dictionary<int, float> { [best] = float.NegativeInfinity } }, 100).Sample(logits));
        Assert.Equal(7, new Sampler(new SamplingOptions { LogitBias = new Dictionary<int, float> { [7] = 1000 } }, 100).Sample(logits));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new Sampler(new SamplingOptions { LogitBias = new Dictionary<int, float> { [100] = 1 } }, 100).Sample(logits));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new SamplingOptions { LogitBias = new Dictionary<int, float> { [1] = float.NaN } });
    }

    [Fact]
    public void Dry_StopsARepetition()
    {
        float[] logits = new float[10];
        logits[3] = 1;
        Sampler sampler = new(new SamplingOptions { Temperature = 0, DryMultiplier = 10 }, 10);
        Assert.Equal(3, sampler.Sample(logits, [1, 2, 3, 4, 9, 2]));
        Assert.NotEqual(3, sampler.Sample(logits, [1, 2, 3, 4, 1, 2]));
        Sampler broken = new(new SamplingOptions { Temperature = 0, DryMultiplier = 10, DryBreakers = new HashSet<int> { 2 } }, 10);
        Assert.Equal(3, broken.Sample(logits, [1, 2, 3, 4, 1, 2]));
    }

    [Fact]
    public void Mirostat_LetsMoreInTheMoreSurpriseIsWanted()
    {
        float[] logits = Logits(300, 60);
        int last = 1;
        foreach (float tau in (float[])[0.5f, 1.5f, 3])
        {
            Sampler sampler = new(new SamplingOptions { Mirostat = true, MirostatTau = tau, Seed = 8 }, logits.Length);
            for (int i = 0; i < 200; i++)
                sampler.Sample(logits);
            int distinct = Enumerable.Range(0, 1000).Select(_ => sampler.Sample(logits)).Distinct().Count();
            Assert.True(distinct > last, $"tau {tau}: {distinct} different tokens, after {last}");
            last = distinct;
        }
    }

    [Fact]
    public void Sample_AllocatesNothing()
    {
        float[] logits = Logits(20_000, 12);
        int[] recent = [.. Enumerable.Range(0, 200).Select(static i => i * 7 % 50)];
        foreach (SamplingOptions options in (SamplingOptions[])[
            new() { TopK = 40, TopP = 0.9f, TypicalP = 0.9f, MinP = 0.01f, XtcProbability = 0.5f, DynamicTemperatureRange = 0.3f,
                FrequencyPenalty = 0.1f, DryMultiplier = 0.8f },
            new() { TopNSigma = 2, TypicalP = 0.7f, TopP = 0.95f, LogitBias = new Dictionary<int, float> { [3] = 1 } },
            new() { Mirostat = true, PresencePenalty = 1 }])
        {
            Sampler sampler = new(options with { Seed = 1 }, logits.Length);
            for (int i = 0; i < 3; i++)
                sampler.Sample(logits, recent);
            Assert.Equal(0, Allocations.Least(() =>
            {
                for (int i = 0; i < 20; i++)
                    sampler.Sample(logits, recent);
            }));
        }
    }

    private static void Compare(string name, SamplingOptions options, SamplerKind? kind, float[] logits, int[] history, JsonElement left)
    {
        SamplerChain chain = new(options, logits.Length);
        Xoshiro256 random = new(1);
        chain.Begin(logits);
        if (kind is { } step)
            chain.Apply(step, history, ref random);
        Dictionary<int, float> got = chain.Left().ToDictionary(static pair => pair.Key, static pair => pair.Value);
        Dictionary<int, float> want = left.EnumerateArray().Where(static pair => pair[1].ValueKind != JsonValueKind.Null)
            .ToDictionary(static pair => pair[0].GetInt32(), static pair => pair[1].GetSingle());
        Assert.True(want.Count == got.Count, $"{name}: {got.Count} tokens are left, but {want.Count} should be.");
        foreach ((float a, float b) in want.Values.Order().Zip(got.Values.Order()))
            Assert.True(Math.Abs(a - b) <= 1e-4f * (1 + Math.Abs(a)), $"{name}: {b} is left, but {a} should be.");
    }

    private static SamplerKind? KindOf(string sampler) => sampler switch
    {
        "penalties" => SamplerKind.Penalties,
        "dry" => SamplerKind.Dry,
        "top_n_sigma" => SamplerKind.TopNSigma,
        "top_k" => SamplerKind.TopK,
        "typical" => SamplerKind.TypicalP,
        "top_p" => SamplerKind.TopP,
        "min_p" => SamplerKind.MinP,
        "xtc" => SamplerKind.Xtc,
        "temp" or "temp_ext" => SamplerKind.Temperature,
        _ => null,
    };

    private static SamplingOptions? OptionsOf(string sampler, JsonElement arguments)
    {
        return sampler switch
        {
            // Below its command line llama.cpp takes a window of -1 for none.
            "penalties" => new() { RepetitionWindow = Math.Max(0, Integer("last_n")), RepetitionPenalty = Real("repeat"),
                FrequencyPenalty = Real("freq"), PresencePenalty = Real("present") },
            "dry" => new() { DryMultiplier = Real("multiplier"), DryBase = Real("base"), DryAllowedLength = Integer("allowed_length"),
                DryWindow = Integer("last_n") },
            "top_n_sigma" => new() { TopNSigma = Math.Max(0, Real("n")) },
            "top_k" => new() { TopK = Integer("k") },
            "typical" => new() { TypicalP = Real("p"), MinKeep = Integer("min_keep") },
            "top_p" => new() { TopP = Math.Max(float.Epsilon, Real("p")), MinKeep = Integer("min_keep") },
            "min_p" => new() { MinP = Real("p"), MinKeep = Integer("min_keep") },
            "xtc" => new() { XtcProbability = Real("p"), XtcThreshold = Real("t"), MinKeep = Integer("min_keep") },
            "temp" => new() { Temperature = Real("t") },
            "temp_ext" =>
                new() { Temperature = Real("t"), DynamicTemperatureRange = Real("delta"), DynamicTemperatureExponent = Real("exponent") },
            "logit_bias" => new()
            {
                LogitBias = arguments.GetProperty("bias").EnumerateObject().ToDictionary(
                    static bias => int.Parse(bias.Name, System.Globalization.CultureInfo.InvariantCulture),
                    static bias => bias.Value.ValueKind == JsonValueKind.Null ? float.NegativeInfinity : bias.Value.GetSingle()),
            },
            _ => null,
        };

        int Integer(string name) => arguments.GetProperty(name).GetInt32();

        float Real(string name) => arguments.GetProperty(name).GetSingle();
    }

    private static float[] Numbers(JsonElement row) =>
        [.. row.EnumerateArray()
            .Select(static logit => logit.ValueKind == JsonValueKind.Null ? float.NegativeInfinity : logit.GetSingle())];

    private static double[] Softmax(float[] logits)
    {
        float max = logits.Max();
        float[] weights = [.. logits.Select(logit => MathF.Exp(logit - max))];
        return [.. weights.Select(weight => (double)(weight / weights.Sum()))];
    }

    private static int[] Draw(SamplingOptions options, float[] logits, int count)
    {
        Sampler sampler = new(options, logits.Length);
        return [.. Enumerable.Range(0, count).Select(_ => sampler.Sample(logits, [1, 2, 3, 1]))];
    }

    private static float[] Logits(int count, float spread)
    {
        Xoshiro256 random = new(77);
        float[] logits = new float[count];
        foreach (ref float logit in logits.AsSpan())
            logit = (float)(random.NextUnit() * spread);
        return logits;
    }
}
