using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Llamalith.Constraints;
using Llamalith.Tests.Tokenization;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Constraints;

public sealed class MaskTests
{
    // Among them tokens that end strings, begin others, and hold whole names.
    private static readonly Tokenizer s_tokenizer = TestVocabulary.Of(
        true,
        [
            "{", "{\"", "\"", "\":", "\": ", "\":\"", "\",\"", "\":{\"", "\"}", "\"]", "},", "}]", ", ", ",\"", "[]", "[\"", "[1",
            "a\":1,\"a\":", "a\":1,\"b", "b\":2}",
            "a", "b", "ab", "abc", "name", "na", "me\":", "é", "日", "日本", "\\", "\\u", "\\u00", "\\n", "\\\"", "  ", "\n", "\n  ", " {",
            " \"", " true", "true", "tr", "null",
            "0", "1", "12", "123", "-1", "1.5", "0.", "e5", "1e", "1,", "2]", "12}", "2026-", "-01", "x", "x\"", "xy", "zz", "\"x\",",
            "\"\"", "\u001F", "<tag>",
        ]).FromPieces();

    /// <summary>A mask has exactly the tokens whose bytes can come next.</summary>
    [Theory]
    [InlineData(
        """{"type": "object", "properties": {"name": {"type": "string", "maxLength": 4}, "n": {"type": "integer", "minimum": 3}}, "required": ["name"]}""",
        """{"name": "ab\u00e9", "other": [1.5, {"q": null}], "n": 12}""")]
    [InlineData("""{"properties": {"ab": {"type": "number"}}, "additionalProperties": {"type": ["integer", "object"]}}""",
        """{"a":1,"ab":1.5,"b":{"a":1},"abc":1}""")]
    [InlineData(
        """{"patternProperties": {"^a": {"type": "integer"}}, "propertyNames": {"pattern": "^[a-c]+$"}}""", """{"a":12,"ab":1,"b":"x"}""")]
    [InlineData(
        """{"properties": {"a": {"enum": [1, "ab", true]}, "b": {"const": 2}}, "additionalProperties": false, "minProperties": 2}""",
        """{"b":2,"a":"ab"}""")]
    [InlineData("""{"anyOf": [{"type": "string", "pattern": "^a.*x$"}, {"type": "string", "minLength": 4}, {"type": "number"}]}""",
        "\"a 日b\\n x\"")]
    [InlineData("""{"type": "string", "minLength": 2, "maxLength": 3}""", "\"é日\"")]
    [InlineData("""{"type": "array", "items": {"type": "number", "minimum": -12.5, "maximum": 123}}""", "[-12.5, 123, 1e1, 0]")]
    [InlineData(
        """{"type": "array", "items": {"type": "integer", "exclusiveMinimum": -2, "maximum": 12, "multipleOf": 3}}""", "[0, 12, 9]")]
    [InlineData(
        """{"type": "array", "contains": {"const": 12}, "maxContains": 1, "items": {"type": ["number", "string"]}}""", "[1.5, 12, \"ab\"]")]
    [InlineData("""{"type": "string", "format": "date"}""", "\"2026-01-31\"")]
    public void Mask_IsWhatCanComeNext(string schema, string text)
    {
        foreach (bool plain in (bool[])[false, true])
            Compare(Constraint.FromJsonSchema(schema, plain), text, s_tokenizer, schema);
    }

    [Fact]
    public void Mask_IsWhatCanComeNextInPatternsAndGrammars()
    {
        Compare(Constraint.FromRegex("^(a|日本)+[^x]*xy?$"), "a日本ab\nxy", s_tokenizer, "pattern");
        Compare(Constraint.FromGrammar("root ::= \"{\" [a-z日]* (\"\\\"\" root)? \"}\""), "{ab日\"{abc}}", s_tokenizer, "grammar");
    }

    [Fact]
    public void Mask_OfAPublishedVocabularyIsWhatCanComeNext()
    {
        Tokenizer tokenizer = TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.model"));
        const string Schema =
            """{"properties": {"n": {"type": "integer", "minimum": 3}, "l": {"type": "array", "items": {"enum": ["x", true]}}}, "required": ["n"]}""";
        Compare(Constraint.FromJsonSchema(Schema), """{"l": ["x", true], "ot\u0068er": [1.5], "n": 12}""", tokenizer, Schema);
    }

    /// <summary>A name that was there may not come again, also where other names have run out.</summary>
    [Fact]
    public void Names_NeverLeadIntoAnEndWithoutAWayOn()
    {
        const string Schema = """{"type": "object", "propertyNames": {"pattern": "^[\\u0100-\\u0fff]$"}, "minProperties": 2}""";
        ConstraintState state = Constraint.FromJsonSchema(Schema).Start();
        Assert.Equal(9, state.Advance("{\"Ā\":1,\""u8));
        Assert.Equal(1, state.Clone().Advance("Ā"u8));
        Assert.Equal(2, state.Clone().Advance("ā"u8));
        Compare(Constraint.FromJsonSchema(Schema), "{\"Ā\":1,\"ā\":2}", s_tokenizer, Schema);
    }

    /// <summary>Whatever is chosen, a text never gets stuck, and what comes out is taken.</summary>
    [Theory]
    [InlineData(
        """{"properties": {"é": {"type": "integer", "minimum": -5, "maximum": 99}, "日": {"enum": ["a", 1]}}, "required": ["日"], "additionalProperties": false}""")]
    [InlineData("""{"type": "array", "items": {"type": "string", "pattern": "^[a-c]{2}(-\\d+)?$"}, "minItems": 1, "maxItems": 3}""")]
    [InlineData("""{"type": "string", "format": "date-time"}""")]
    [InlineData("""{"type": "number", "multipleOf": 0.25, "minimum": 1, "maximum": 1000}""")]
    [InlineData(
        """{"type": "object", "propertyNames": {"enum": ["en", "de"]}, "additionalProperties": {"type": "boolean"}, "minProperties": 1}""")]
    [InlineData("""{"type": "object", "additionalProperties": {"type": ["integer", "null"]}, "maxProperties": 3}""")]
    [InlineData(
        """{"type": "array", "contains": {"const": "ab"}, "minContains": 2, "maxItems": 4, "items": {"type": ["string", "null"]}}""")]
    [InlineData("""{"type": "array", "not": {"items": {"type": "integer"}}, "maxItems": 3}""")]
    [InlineData(
        """{"type": "number", "multipleOf": 2, "not": {"anyOf": [{"multipleOf": 4}, {"multipleOf": 6}]}, "minimum": 3, "maximum": 11}""")]
    public void Generation_NeverGetsStuck(string schema)
    {
        TokenTrie trie = new(s_tokenizer);
        ulong[] mask = new ulong[trie.MaskLength];
        Random random = new(7);
        for (int round = 0; round < 16; round++)
        {
            Constraint constraint = Constraint.FromJsonSchema(schema, plainForm: round % 2 == 0);
            ConstraintState state = constraint.Start();
            List<byte> text = [];
            while (text.Count < 400 && !state.MustEnd)
            {
                state.FillMask(trie, mask);
                int[] allowed = [.. Enumerable.Range(0, s_tokenizer.VocabSize).Where(token => IsIn(mask, token))];
                Assert.True(allowed.Length > 0, $"{schema}: stuck after {Encoding.UTF8.GetString([.. text])}");
                int chosen = allowed[random.Next(allowed.Length)];
                if (chosen == s_tokenizer.EosId)
                    break;
                ReadOnlySpan<byte> piece = s_tokenizer.GetPiece(chosen);
                Assert.Equal(piece.Length, state.Advance(piece));
                text.AddRange(piece);
            }
            Assert.True(text.Count >= 400 || state.CanEnd);
        }
    }

    [Fact]
    public void ApplyMask_LeavesWhatIsInIt()
    {
        float[] logits = new float[130];
        ulong[] mask = [0, 1ul << 3, 2];
        ConstraintState.ApplyMask(mask, logits);
        Assert.Equal([67, 129], Enumerable.Range(0, 130).Where(token => logits[token] == 0));
        Assert.Throws<ArgumentException>(() => ConstraintState.ApplyMask(mask, new float[193]));
    }

    private static void Compare(Constraint constraint, string text, Tokenizer tokenizer, string what)
    {
        TokenTrie trie = new(tokenizer);
        ConstraintState state = constraint.Start();
        ulong[] mask = new ulong[trie.MaskLength];
        foreach (byte next in Encoding.UTF8.GetBytes(text))
        {
            state.FillMask(trie, mask);
            for (int token = 0; token < tokenizer.VocabSize; token++)
            {
                bool isText = tokenizer.GetKind(token) is not (TokenKind.Control or TokenKind.Unknown);
                ReadOnlySpan<byte> piece = isText ? tokenizer.GetPiece(token) : default;
                bool expected = isText ? state.Clone().Advance(piece) == piece.Length : tokenizer.Ends.Contains(token) && state.CanEnd;
                Assert.True(expected == IsIn(mask, token),
                    $"{what} before {(char)next} of {text}: {tokenizer.GetName(token)} should be {expected}");
            }
            if (state.Advance([next]) == 0)
                break;
        }
    }

    private static bool IsIn(ulong[] mask, int token) => (mask[token / 64] >> token & 1) != 0;
}
