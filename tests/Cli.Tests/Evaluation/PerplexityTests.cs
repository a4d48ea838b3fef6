using System;
using System.Linq;
using CsCheck;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Evaluation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tests.Benchmarking;

namespace Llamalith.Tests.Evaluation;

public class PerplexityTests
{
    [Fact]
    public void Of_IsTheExponentialOfTheMeanWithItsError()
    {
        double[] losses = [1, 2, 4, 3];
        Perplexity perplexity = Perplexity.Of(losses);

        // mean 2.5; squared deviations 2.25 + 0.25 + 2.25 + 0.25 = 5; variance 5/3; error of the mean sqrt(5/12).
        Assert.Equal(Math.Exp(2.5), perplexity.Value, 12);
        Assert.Equal(Math.Exp(2.5) * Math.Sqrt(5.0 / 12), perplexity.Error, 12);
        Assert.Equal(4, perplexity.Tokens);
    }

    [Fact]
    public void Of_OneTokenHasNoBoundedError() => Assert.Equal(double.PositiveInfinity, Perplexity.Of([1]).Error);

    [Fact]
    public void Of_NothingIsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => Perplexity.Of([]));

    /// <summary>Every token is judged once, in order, with enough before it, in windows no longer than allowed.</summary>
    [Fact]
    public void Windows_JudgeEveryTokenOnce() => Gen.Select(Gen.Int[2, 12], Gen.Int[1, 11], Gen.Int[0, 60], Gen.Bool)
        .Where((length, stride, _, _) => stride < length)
        .Sample((length, stride, count, marked) =>
        {
            const int Mark = -1;
            int[] tokens = [.. Enumerable.Range(0, count)];
            int next = marked ? 0 : 1;
            foreach (Window window in new TextWindows(length, stride).Over(tokens, marked ? Mark : null))
            {
                Assert.InRange(window.Tokens.Length, 2, length);
                Assert.Equal(marked, window.Tokens[0] == Mark);
                int[] text = marked ? window.Tokens[1..] : window.Tokens;
                Assert.Equal(Enumerable.Range(text[0], text.Length), text);
                Assert.InRange(window.First, 1, window.Tokens.Length - 1);
                if (text[0] > 0)
                    Assert.InRange(window.First, length - stride, length);
                Assert.Equal(next, window.Tokens[window.First]);
                next = window.Tokens[^1] + 1;
            }

            Assert.Equal(Math.Max(count, marked ? 0 : 1), next);
        });

    /// <summary>Each loss is what the logits after all the tokens before say of the token.</summary>
    [Fact]
    public void Losses_AreThoseOfTheTokensThatCame()
    {
        int[] tokens = [3, 1, 4, 1, 5, 9, 2, 6];
        ArithmeticModel model = new(vocabSize: 10, context: 20);
        for (int first = 1; first < tokens.Length; first++)
        {
            double[] losses = new double[tokens.Length - first];
            new TokenLosses(model).Compute(tokens, first, losses, TestContext.Current.CancellationToken);
            for (int i = first; i < tokens.Length; i++)
            {
                float[] logits = new ArithmeticModel(vocabSize: 10, context: 20)
                    .Prefill(tokens.AsSpan(0, i), TestContext.Current.CancellationToken).ToArray();
                double expected = -Math.Log(Math.Exp(logits[tokens[i]]) / logits.Sum(logit => Math.Exp(logit)));
                Assert.Equal(expected, losses[i - first], 5);
            }
        }
    }

    /// <summary>
    /// A window at once gives what its tokens one by one give: kernels for many tokens sum in another order, and where weights are integers
    /// now and then an activation is rounded to the other side.
    /// </summary>
    [Theory]
    [InlineData(QuantizationPreset.F32, 1e-4)]
    [InlineData(QuantizationPreset.Q8_0, 1e-1)]
    [InlineData(QuantizationPreset.Q4_0, 1e-1)]
    public void Losses_OfAWindowAreThoseOfItsTokens(QuantizationPreset preset, double bound)
    {
        using TemporaryFolder folder = new();
        string path = TinyModels.WriteGguf(folder["m.gguf"], preset);
        Checkpoint checkpoint = Checkpoint.Open(path);
        Engine engine = new EngineBuilder(null, () => "1")
            .Get(RunningModel.EngineClass(checkpoint, null, KvFormat.F32), ProgressBars.None, TestContext.Current.CancellationToken);
        using ILlamaModel model = engine.Load(checkpoint, new LoadOptions { Threads = 2 });
        int[] tokens = [.. Enumerable.Range(0, model.Shape.Context).Select(i => i * i * 7 % model.Shape.VocabSize)];
        double[] losses = new double[tokens.Length - 1];
        new TokenLosses(model).Compute(tokens, 1, losses, TestContext.Current.CancellationToken);
        model.Truncate(0);
        double largest = 0;
        for (int i = 0; i < losses.Length; i++)
        {
            float[] logits = model.Decode(tokens[i]).ToArray();
            double most = logits.Max();
            double expected = most + Math.Log(logits.Sum(logit => Math.Exp(logit - most))) - logits[tokens[i + 1]];
            largest = Math.Max(largest, Math.Abs(losses[i] - expected));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{preset}: largest difference of a loss {largest:E2} nats");
        Assert.InRange(largest, 0, bound);
    }

    [Fact]
    public void Losses_OfBadLogitsAreRefused()
    {
        ArithmeticModel model = new(vocabSize: 10, context: 20, bias: float.NaN);
        ModelFormatException error = Assert.Throws<ModelFormatException>(
            () => new TokenLosses(model).Compute([1, 2], 1, new double[1], TestContext.Current.CancellationToken));
        Assert.Contains("position 1", error.Message, StringComparison.Ordinal);
    }
}
