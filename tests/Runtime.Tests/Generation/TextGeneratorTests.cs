// Cancelling is what some of these tests are about; the others last microseconds.
#pragma warning disable xUnit1051

using System;
using System.Buffers;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading;
using System.Threading.Tasks;
using CsCheck;
using Llamalith.Constraints;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Sampling;
using Llamalith.Tests.Tokenization;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Generation;

public class TextGeneratorTests
{
    private static readonly TestVocabulary s_vocabulary = TestVocabulary.With(
        true,
        [
            .. new[] { " one", " two", " three" }.Select(word => new TestToken(word, 0, TokenKind.UserDefined)),
            .. new[] { "ab", "bc", "c", "a", "b", " ", "é", "\n" }.Select((piece, i) => new TestToken(piece, -i)),
        ]);

    private static readonly Tokenizer s_tokenizer = s_vocabulary.FromPieces();

    private static int VocabSize => s_tokenizer.VocabSize;

    private static ScriptedModel Saying(int context, int promptLength, params IEnumerable<string> names) =>
        ScriptedModel.Saying(VocabSize, context, promptLength, s_vocabulary.Ids(names));

    private static TextGenerator Over(ScriptedModel model) => new(model, s_tokenizer, SamplingOptions.Greedy);

    [Fact]
    public void Generate_ContinuesThePromptUntilEos()
    {
        // BOS, " one" and then what is said.
        ScriptedModel model = Saying(64, 2, " two", " three", "\n");
        GenerationResult result = Over(model).Generate("one");
        Assert.Equal(" two three\n", result.Text);
        Assert.Equal(FinishReason.Stop, result.FinishReason);
        Assert.Equal([1, .. s_vocabulary.Ids(" one", " two", " three", "\n")], model.Tokens);
        Assert.Equal((2, 0, 3), (result.Usage.PromptTokens, result.Usage.CachedPromptTokens, result.Usage.GeneratedTokens));
    }

    [Fact]
    public void Generate_HoldsATextToItsConstraintAndEndsWhenItIsComplete()
    {
        // What the model would rather say cannot come; of what can, it has no favourite.
        GenerationOptions options = new() { Constraint = Constraint.FromRegex("^(ab|c)é$"), AddBos = true };
        GenerationResult result = Over(Saying(64, 2, " two", " three", "c", "c")).Generate("one", options);
        Assert.Matches("^(ab|c)é$", result.Text);
        Assert.Equal(FinishReason.Stop, result.FinishReason);

        options = new GenerationOptions { Constraint =
            Constraint.FromJsonSchema("""{"type": "array", "items": {"const": 1}, "minItems": 2, "maxItems": 2}""", plainForm: true) };
        Assert.Equal("[1,1]", Over(Saying(64, 2, " two")).Generate("one", options).Text);
        result = Over(Saying(64, 2, " two")).Generate("one", options with { MaxTokens = 2 });
        Assert.Equal(("[1", FinishReason.Length), (result.Text, result.FinishReason));
    }

    [Fact]
    public void Generate_EchoesThePromptWhereAsked()
    {
        GenerationResult result = Over(Saying(64, 2, " two")).Generate("one", new GenerationOptions { EchoPrompt = true });
        Assert.Equal("one two", result.Text);
        Assert.Equal(1, result.Usage.GeneratedTokens);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Generate_StopsAtTheTokensThatEndATextAndShowsThemNot(int stop)
    {
        ScriptedModel model = ScriptedModel.Saying(VocabSize, 64, 2, [s_vocabulary.Id(" two"), stop, s_vocabulary.Id(" three")]);
        GenerationResult result = Over(model).Generate("one");
        Assert.Equal((" two", FinishReason.Stop, 1), (result.Text, result.FinishReason, result.Usage.GeneratedTokens));
    }

    [Fact]
    public void Generate_StopsAtEotAndAtTokensOfTheCaller()
    {
        int three = s_vocabulary.Id(" three");
        Tokenizer withEot = s_vocabulary.FromPieces(new SentencePieceOptions { EotId = three });
        GenerationResult atEot = new TextGenerator(Saying(64, 2, " two", " three"), withEot, SamplingOptions.Greedy).Generate("one");
        Assert.Equal((" two", FinishReason.Stop), (atEot.Text, atEot.FinishReason));
        GenerationResult atOwn = Over(Saying(64, 2, " two", " three")).Generate("one", new GenerationOptions { StopTokens = [three] });
        Assert.Equal((" two", FinishReason.Stop), (atOwn.Text, atOwn.FinishReason));
    }

    /// <summary>
    /// Vocabularies are padded to the model's size with tokens that mean nothing: a file that says so gives the text that one with fewer
    /// tokens gives.
    /// </summary>
    [Fact]
    public void Generate_NeverChoosesWhatOnlyFillsTheVocabulary()
    {
        TestVocabulary padded = new([.. s_vocabulary.Tokens, new("[PAD0]", 0, TokenKind.Unused), new("[PAD1]", 0, TokenKind.Unused)]);
        ScriptedModel model =
            ScriptedModel.Saying(VocabSize + 2, 64, 2, [s_vocabulary.Id(" two"), VocabSize, VocabSize + 1, s_vocabulary.Id(" three")]);
        GenerationResult result =
            new TextGenerator(model, padded.FromPieces(), SamplingOptions.Greedy).Generate("one", new GenerationOptions { MaxTokens = 4 });
        Assert.DoesNotContain(VocabSize, model.Tokens);
        Assert.DoesNotContain(VocabSize + 1, model.Tokens);
        Assert.StartsWith(" two", result.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<|im_end|>", TokenKind.Control)]
    [InlineData("<|endoftext|>", TokenKind.UserDefined)]
    public void Generate_StopsAtEveryEndThatTheVocabularyMarks(string name, TokenKind kind)
    {
        TestVocabulary vocabulary = new([.. s_vocabulary.Tokens, new(name, 0, kind)]);
        ScriptedModel model = ScriptedModel.Saying(VocabSize + 1, 64, 2, [s_vocabulary.Id(" two"), VocabSize, s_vocabulary.Id(" three")]);
        GenerationResult result = new TextGenerator(model, vocabulary.FromPieces(), SamplingOptions.Greedy).Generate("one");
        Assert.Equal((" two", FinishReason.Stop, 1), (result.Text, result.FinishReason, result.Usage.GeneratedTokens));
    }

    [Fact]
    public void Generate_OfNothingStartsFromBosAlone()
    {
        ScriptedModel model = Saying(64, 1, " one", " two");
        Assert.Equal("one two", Over(model).Generate("").Text);
        Assert.Equal(1, model.Tokens[0]);

        Tokenizer withoutBos = s_vocabulary.FromPieces(new SentencePieceOptions { BosId = -1 });
        Assert.Throws<ArgumentException>(() => new TextGenerator(model, withoutBos).Generate(""));
        Assert.Throws<ArgumentException>(() => Over(model).Start([]));
    }

    [Fact]
    public void Generate_EndsAfterMaxTokens()
    {
        ScriptedModel model = Saying(64, 2, " two", " two", " two", " two");
        GenerationResult result = Over(model).Generate("one", new GenerationOptions { MaxTokens = 3 });
        Assert.Equal((" two two two", FinishReason.Length, 3), (result.Text, result.FinishReason, result.Usage.GeneratedTokens));
        // The last one need not be run through the model.
        Assert.Equal(4, model.Position);
    }

    [Fact]
    public void Generate_OfNoTokensDoesNotRunTheModel()
    {
        ScriptedModel model = Saying(64, 2, " two");
        GenerationResult result = Over(model).Generate("one", new GenerationOptions { MaxTokens = 0, EchoPrompt = true });
        Assert.Equal(("one", FinishReason.Length, 0), (result.Text, result.FinishReason, model.Computed));
    }

    [Fact]
    public void Generate_EndsWhenTheContextIsFull()
    {
        ScriptedModel model = new(VocabSize, 5, _ => s_vocabulary.Id(" two"));
        GenerationResult result = Over(model).Generate("one");
        // Two of the prompt, three that found room, and one chosen after the last position.
        Assert.Equal((" two two two two", FinishReason.ContextFull), (result.Text, result.FinishReason));
        Assert.Equal(5, model.Position);
    }

    [Fact]
    public void Start_RefusesAPromptThatIsLongerThanTheContext()
    {
        ScriptedModel model = new(VocabSize, 3, _ => 5);
        string message = Assert.Throws<ContextFullException>(() => Over(model).Start("one two three")).Message;
        Assert.Contains("4 tokens", message, StringComparison.Ordinal);
        Assert.Contains("room for 3", message, StringComparison.Ordinal);
        Assert.Equal(FinishReason.ContextFull, Over(model).Generate("one two").FinishReason);
    }

    [Fact]
    public void Start_RefusesTokensOutsideTheVocabulary() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Over(Saying(9, 1)).Start([1, VocabSize]));

    [Fact]
    public void Generate_GivesOutWholeCharacters()
    {
        ScriptedModel model = Saying(64, 2, "a", "<0xF0>", "<0x9F>", "<0x99>", "<0x82>", "b", "<0xE2>");
        TextGeneration generation = Over(model).Start("one");
        List<string> steps = [];
        while (generation.MoveNext())
            steps.Add(Encoding.UTF8.GetString(generation.Utf8Text));
        Assert.Equal(["a", "", "", "", "🙂", "b", "", "\uFFFD"], steps);
    }

    [Fact]
    public void Generate_StopsBeforeAStopStringThatSpansTokens()
    {
        TextGeneration generation =
            Over(Saying(64, 2, " two", "a", "b", "c", " three")).Start("one", new GenerationOptions { StopStrings = ["abc"] });
        List<string> steps = [];
        while (generation.MoveNext())
            steps.Add(Encoding.UTF8.GetString(generation.Utf8Text));
        Assert.Equal([" two", "", "", ""], steps);
        Assert.Equal(FinishReason.Stop, generation.FinishReason);
        Assert.Equal(4, generation.Usage.GeneratedTokens);
    }

    [Fact]
    public void Generate_GivesOutWhatTurnedOutToBeNoStopString()
    {
        GenerationOptions options = new() { StopStrings = ["abc"] };
        Assert.Equal("abab two", Over(Saying(64, 2, "a", "b", "a", "b", " two")).Generate("one", options).Text);
        Assert.Equal(" twoab", Over(Saying(64, 2, " two", "ab")).Generate("one", options).Text);
        Assert.Equal(" twoab", Over(Saying(64, 2, " two", "ab", "c")).Generate("one", options with { MaxTokens = 2 }).Text);
    }

    [Fact]
    public void Generate_DoesNotStopAtWhatThePromptSays()
    {
        GenerationResult result = Over(Saying(64, 2, " two", " three"))
            .Generate("one", new GenerationOptions { EchoPrompt = true, StopStrings = ["one", "three"] });
        Assert.Equal("one two ", result.Text);
    }

    [Fact]
    public void GenerationOptions_RefuseWhatMakesNoSense()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new GenerationOptions { MaxTokens = -1 });
        Assert.Throws<ArgumentException>(() => new GenerationOptions { StopStrings = ["a", ""] });
    }

    /// <summary>Against the plain definition: after each token, look through all the text so far.</summary>
    [Fact]
    public void StopStrings_CutTheTextWhereThePlainSearchDoes()
    {
        Gen<string[]> pieces = Gen.OneOf("a", "b", "ab", "bc", "c", "é", " one").Array[0, 25];
        Gen<string[]> stops = Gen.OneOf("a", "b", "c", "é", " ").Array[2, 4].Select(string.Concat).Array[1, 3];
        Gen.Select(pieces, stops).Sample((said, wanted) =>
        {
            string all = "", shown = "";
            FinishReason reason = FinishReason.Stop;
            TextGeneration generation = Over(Saying(64, 2, said)).Start("one", new GenerationOptions { StopStrings = wanted });
            foreach (string piece in said)
            {
                all += piece;
                Assert.True(generation.MoveNext());
                shown += Encoding.UTF8.GetString(generation.Utf8Text);
                int[] found = [.. wanted.Select(stop => all.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0)];
                if (found.Length > 0)
                {
                    Assert.Equal(all[..found.Min()], shown);
                    Assert.False(generation.MoveNext());
                    Assert.Equal(reason, generation.FinishReason);
                    return;
                }
                int held = Enumerable.Range(0, all.Length + 1)
                    .Last(n => wanted.Any(stop => n < stop.Length && stop.StartsWith(all[^n..], StringComparison.Ordinal)));
                Assert.Equal(all[..^held], shown);
            }
            while (generation.MoveNext())
                shown += Encoding.UTF8.GetString(generation.Utf8Text);
            Assert.Equal(all, shown);
        }, iter: 3000);
    }

    [Fact]
    public void MoveNext_IsCancelledBeforeTheNextToken()
    {
        using CancellationTokenSource source = new();
        ScriptedModel model = Saying(64, 2, " two", " two", "a", "b", "c");
        TextGeneration generation = Over(model).Start("one", new GenerationOptions { StopStrings = ["abc"] }, source.Token);
        for (int i = 0; i < 3; i++)
            Assert.True(generation.MoveNext());
        int position = model.Position;
        source.Cancel();
        // What was held back comes out.
        Assert.True(generation.MoveNext());
        Assert.Equal("a", Encoding.UTF8.GetString(generation.Utf8Text));
        Assert.False(generation.MoveNext());
        Assert.Equal((FinishReason.Cancelled, position), (generation.FinishReason, model.Position));
    }

    [Fact]
    public void Generate_IsCancelledWithinThePrompt()
    {
        using CancellationTokenSource source = new();
        ScriptedModel model = Saying(64, 2, " two");
        TextGenerator generator = Over(model);
        model.OnPrefill = source.Cancel;
        GenerationResult result = generator.Generate("one", cancellation: source.Token);
        Assert.Equal(("", FinishReason.Cancelled, 0), (result.Text, result.FinishReason, model.Position));

        // And the model is none the worse for it.
        model.OnPrefill = null;
        Assert.Equal(" two", generator.Generate("one").Text);
    }

    [Fact]
    public void Generate_ComputesOnlyWhatIsNotInTheCache()
    {
        ScriptedModel model = new(VocabSize, 64, so => so.Count == 3 ? s_vocabulary.Id(" three") : 2);
        TextGenerator generator = Over(model);
        Assert.Equal(" three", generator.Generate("one two").Text);
        Assert.Equal(4, model.Computed);

        // BOS, one and two are there, and so is the three that was generated; a new token comes after.
        GenerationResult longer = generator.Generate("one two three two");
        Assert.Equal((4, 5), (longer.Usage.CachedPromptTokens, model.Computed));

        // Of the same prompt again, the last token is computed for its logits.
        GenerationResult same = generator.Generate("one two");
        Assert.Equal((" three", 2), (same.Text, same.Usage.CachedPromptTokens));
        GenerationResult other = generator.Generate("two two");
        Assert.Equal((" three", 1), (other.Text, other.Usage.CachedPromptTokens));
        GenerationResult fresh = generator.Generate("two two", new GenerationOptions { ReuseCache = false });
        Assert.Equal((" three", 0), (fresh.Text, fresh.Usage.CachedPromptTokens));
    }

    [Fact]
    public void Generate_DoesNotTrustACacheThatSomeoneElseChanged()
    {
        ScriptedModel model = Saying(64, 3, " three");
        TextGenerator generator = Over(model);
        generator.Generate("one two");
        model.Truncate(1);
        GenerationResult result = generator.Generate("one two");
        Assert.Equal((" three", 1), (result.Text, result.Usage.CachedPromptTokens));
        Assert.Equal([1, .. s_vocabulary.Ids(" one", " two", " three")], model.Tokens);
        Assert.Equal(model.Tokens, generator.CachedTokens.ToArray());
    }

    [Fact]
    public void Generators_OverOneModel_NeverMixTheirTexts()
    {
        // It says a text's first word twice more.
        ScriptedModel model = new(VocabSize, 64, static so => so.Count < 5 ? so[1] : 2);
        TextGenerator one = Over(model), other = Over(model);
        TextGeneration first = one.Start("one two");
        Assert.True(first.MoveNext());
        Assert.Equal(" two two", other.Generate("two two").Text);
        Assert.Throws<InvalidOperationException>(() => first.MoveNext());
        Assert.Equal(" one one", one.Generate("one two").Text);

        // What another generator put into the cache is as good as one's own.
        Assert.Equal(2, other.Generate("one two").Usage.CachedPromptTokens);
    }

    [Fact]
    public void Usage_TimesWhatWasDone()
    {
        ScriptedModel model = new(VocabSize, 600, _ => s_vocabulary.Id(" two"));
        GenerationUsage usage = Over(model).Generate("one two").Usage;
        Assert.True(usage.PromptTime > TimeSpan.Zero && usage.TimeToFirstToken >= usage.PromptTime && usage.DecodeTime > TimeSpan.Zero,
            usage.ToString());
        Assert.Equal((usage.GeneratedTokens - 1) / usage.DecodeTime.TotalSeconds, usage.DecodeTokensPerSecond);
        Assert.Equal(3 / usage.PromptTime.TotalSeconds, usage.PromptTokensPerSecond);
        Assert.Equal(0, default(GenerationUsage).DecodeTokensPerSecond);
    }

    [Fact]
    public void MoveNext_AllocatesNothing()
    {
        int two = s_vocabulary.Id(" two"), smile = s_vocabulary.Id("<0xF0>");
        foreach (GenerationOptions options in (GenerationOptions[])[new(), new() { StopStrings = ["abc", "two three"] },
            new() { Sampling = new() { TopP = 0.9f, RepetitionPenalty = 1.1f } }])
        {
            ScriptedModel model = new(VocabSize, 4096, so => so.Count % 5 == 0 ? smile : two);
            TextGeneration generation = Over(model).Start("one", options);
            // Until the list of cached tokens has its last size.
            for (int i = 0; i < 2050; i++)
                Assert.True(generation.MoveNext());
            bool more = true;
            Assert.Equal(0, Allocations.Least(() =>
            {
                for (int i = 0; i < 400; i++)
                    more &= generation.MoveNext();
            }));
            Assert.True(more);
        }
    }

    [Fact]
    public void Start_PutsAnEndToTheGenerationBefore()
    {
        TextGenerator generator = Over(Saying(64, 2, " two", " three"));
        TextGeneration first = generator.Start("one");
        Assert.True(first.MoveNext());
        TextGeneration second = generator.Start("one");
        Assert.Throws<InvalidOperationException>(() => first.MoveNext());
        Assert.Equal([" two", " three"], second.Texts());
    }

    [Fact]
    public void Generate_WithASeedSaysTheSameEachTime()
    {
        // Every token is equally likely.
        ScriptedModel model = new(VocabSize, 200, _ => 0);
        TextGenerator generator = new(model, s_tokenizer, new SamplingOptions { Temperature = 30, Seed = 5 });
        GenerationOptions options = new() { MaxTokens = 30 };
        GenerationResult first = generator.Generate("one", options);
        Assert.Equal(first.Text, generator.Generate("one", options).Text);
        GenerationOptions otherSeed = options with { Sampling = new SamplingOptions { Temperature = 30, Seed = 6 } };
        Assert.NotEqual(first.Text, generator.Generate("one", otherSeed).Text);
        Assert.Equal(first.Text, generator.Generate("one", options).Text);
    }

    [Fact]
    public void Generate_ShowsTheSamplerThePrompt()
    {
        ScriptedModel model = new(VocabSize, 64, _ => s_vocabulary.Id(" two"));
        GenerationOptions penalized = new() { MaxTokens = 1, Sampling = SamplingOptions.Greedy with { RepetitionPenalty = 100 } };
        Assert.Equal(" two", Over(model).Generate("one", penalized).Text);
        // Seen in the prompt, it falls behind all the others, of which the first is the unknown token.
        Assert.Equal(" \u2047 ", Over(model).Generate("one two", penalized).Text);
    }

    [Fact]
    public void MoveNext_EndsWithAModelThatGoesWrong()
    {
        TextGeneration generation = Over(new ScriptedModel(VocabSize, 64, so => so.Count == 3 ? -1 : s_vocabulary.Id(" two"))).Start("one");
        Assert.True(generation.MoveNext());
        Assert.Contains("token 0 is NaN", Assert.Throws<ArgumentException>(() => generation.MoveNext()).Message, StringComparison.Ordinal);
        Assert.False(generation.MoveNext());
        Assert.Equal(FinishReason.None, generation.FinishReason);
    }

    [Fact]
    public void TextGenerator_TakesATokenizerWithFewerTokensThanTheModelButNotWithMore()
    {
        // The model's last token is no word of the tokenizer's: the next best is taken.
        ScriptedModel padded = new(VocabSize + 1, 64, so => so.Count == 2 ? VocabSize : 2);
        Assert.Equal(FinishReason.Length, Over(padded).Generate("one", new GenerationOptions { MaxTokens = 1 }).FinishReason);
        string message = Assert.Throws<ModelMismatchException>(() => Over(new ScriptedModel(VocabSize - 1, 64, _ => 2))).Message;
        Assert.Contains($"{VocabSize} tokens", message, StringComparison.Ordinal);
        Assert.Contains($"VocabSize = {VocabSize - 1}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void WriteTo_WritesTheWholeText()
    {
        ArrayBufferWriter<byte> output = new();
        Assert.Equal(FinishReason.Stop, Over(Saying(64, 2, " two", "é")).Start("one").WriteTo(output));
        Assert.Equal(" twoé", Encoding.UTF8.GetString(output.WrittenSpan));
    }

    [Fact]
    public void Stream_GivesOutPiecesUntilItIsCancelled()
    {
        using CancellationTokenSource source = new();
        TextGenerator generator = Over(new ScriptedModel(VocabSize, 64, _ => s_vocabulary.Id(" two")));
        List<string> pieces = [];
        Assert.Throws<OperationCanceledException>(() =>
        {
            foreach (string piece in generator.Stream("one", cancellation: source.Token))
            {
                pieces.Add(piece);
                if (pieces.Count == 3)
                    source.Cancel();
            }
        });
        Assert.Equal([" two", " two", " two"], pieces);
    }

    [Fact]
    public async Task StreamAsync_GivesOutPiecesAndDoesNotRunAhead()
    {
        ScriptedModel model = Saying(64, 2, " two", "<0xC3>", "<0xA9>", " three");
        List<string> pieces = [];
        await foreach (string piece in Over(model).StreamAsync("one"))
        {
            if (pieces.Count == 0)
                Assert.Equal(2, model.Position);
            pieces.Add(piece);
        }
        Assert.Equal([" two", "é", " three"], pieces);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StreamAsync_IsCancelledByEitherToken(bool atStart)
    {
        using CancellationTokenSource source = new();
        ScriptedModel model = new(VocabSize, 64, _ => s_vocabulary.Id(" two"));
        int seen = 0;
        await Assert.ThrowsAsync<OperationCanceledException>(async () =>
        {
            IAsyncEnumerable<string> stream = Over(model).StreamAsync("one", cancellation: atStart ? source.Token : CancellationToken.None);
            await foreach (string piece in stream.WithCancellation(atStart ? CancellationToken.None : source.Token))
            {
                Assert.Equal(" two", piece);
                if (++seen == 3)
                    await source.CancelAsync();
            }
        });
        Assert.Equal(3, seen);
        Assert.Equal(4, model.Position);
    }
}
