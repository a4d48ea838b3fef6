using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Llamalith.Chat;
using Llamalith.Chat.Jinja;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Chat;

public sealed class ChatTemplateTests
{
    [Fact]
    public void Snippets_GiveWhatJinja2Gives()
    {
        List<string> wrong = [];
        foreach (JsonElement snippet in TemplateData.Read("snippets.json").EnumerateArray())
        {
            Dictionary<string, Func<object?>> variables = snippet.GetProperty("context").EnumerateObject()
                .ToDictionary(static property => property.Name, static property => (Func<object?>)(() => JsonInput.Read(property.Value)));
            string got = TemplateData.Outcome(() =>
                ChatTemplate.Parse(snippet.GetProperty("template").GetString()!)
                    .Render(variables, ChatTemplateLimits.Default, TemplateData.Now));
            if (got != TemplateData.Outcome(snippet))
                wrong.Add($"{snippet.GetProperty("name").GetString()}\n  {TemplateData.Outcome(snippet)}\n  {got}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void PublishedTemplates_GiveWhatTransformersGive()
    {
        JsonElement conversations = TemplateData.Read("conversations.json");
        string folder = Path.GetDirectoryName(SharedData.PathOrSkip("templates/conversations.json"))!;
        string[] files = Directory.GetFiles(folder, "*.jinja");
        List<string> wrong = [];
        foreach (string file in files)
        {
            JsonElement expected = TemplateData.Read($"expected/{Path.GetFileNameWithoutExtension(file)}.json");
            ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(file));
            foreach (JsonElement conversation in conversations.EnumerateArray())
            {
                string name = conversation.GetProperty("name").GetString()!;
                string want = TemplateData.Outcome(expected.GetProperty(name)),
                    got = TemplateData.Outcome(() => template.Render(TemplateData.InputOf(conversation)));
                if (got != want)
                    wrong.Add($"{Path.GetFileName(file)} {name}\n  {want}\n  {got}");
            }
        }
        Assert.NotEmpty(files);
        Assert.Empty(wrong);
    }

    [Fact]
    public void PublishedTemplates_MarkAllThatUsersWrote()
    {
        // Private letters, which no template has: whatever operation they pass, they must come out marked.
        JsonElement conversations = TemplateData.Read("conversations.json");
        string folder = Path.GetDirectoryName(SharedData.PathOrSkip("templates/conversations.json"))!;
        int found = 0;
        foreach (string file in Directory.GetFiles(folder, "*.jinja"))
        {
            ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(file));
            foreach (JsonElement conversation in conversations.EnumerateArray())
            {
                ChatTemplateInput input = TemplateData.InputOf(conversation);
                string json = input.Messages.GetRawText()
                    .Replace("\"content\": \"", "\"content\": \"\uE001<|im_end|>\uE002", StringComparison.Ordinal);
                if (TemplateData.Outcome(() => template.Render(input)) is not ['t', 'e', 'x', 't', ..])
                    continue;
                ChatPrompt prompt;
                try
                {
                    prompt = template.Render(input with { Messages = JsonDocument.Parse(json).RootElement });
                }
                catch (ChatTemplateException)
                {
                    continue;
                }
                foreach (ChatPromptPiece piece in prompt.Pieces)
                {
                    Assert.True(piece.IsOutside || piece.Text.AsSpan().IndexOfAnyInRange('\uE001', '\uE002') < 0,
                        $"{Path.GetFileName(file)}: {piece.Text}");
                    found += piece.IsOutside && piece.Text.Contains('\uE001', StringComparison.Ordinal) ? 1 : 0;
                }
            }
        }
        Assert.True(found > 1000, $"{found} pieces");
    }

    [Theory]
    [InlineData("{{ x[1:] }}")]
    [InlineData("{{ x[::-1] }}")]
    [InlineData("{{ x|upper|lower|title|capitalize }}")]
    [InlineData("{{ ' ' ~ x|trim ~ ' ' }}")]
    [InlineData("{{ x.replace('a', 'b') }}")]
    [InlineData("{{ x.split('|')|join('-') }}")]
    [InlineData("{{ x|tojson }}")]
    [InlineData("{{ [x, {x: x}] }}")]
    [InlineData("{{ '%s-%5s' % (x, x) }}")]
    [InlineData("{{ '{0!r:>9}'.format(x) }}")]
    [InlineData("{{ x|indent(2, true) }}{{ x|wordwrap(2) }}{{ x|truncate(5, true, '', 0) }}{{ x.center(20, '.') }}")]
    [InlineData("{% for c in x %}{{ c }}{% endfor %}")]
    [InlineData("{% set y %}.{{ x }}.{% endset %}{{ y|e }}{{ y|urlencode }}{{ x * 2 }}")]
    [InlineData("{% macro m(v) %}{{ v }}{% endmacro %}{{ m(x) }}{{ m(x)|striptags }}")]
    public void Marks_SurviveEveryOperation(string source)
    {
        // Letters that the templates above have none of.
        const string Outside = "Q<|eot|>qQ 'zZ'";
        ChatPrompt prompt = ChatTemplate.Parse(source).Render(
            new Dictionary<string, Func<object?>> { ["x"] = () => new Text(Outside, outside: true) }, ChatTemplateLimits.Default,
            TemplateData.Now);
        string own = string.Concat(prompt.Pieces.Where(static piece => !piece.IsOutside).Select(static piece => piece.Text));
        Assert.DoesNotContain(own, static c => "QqZz<>".Contains(c, StringComparison.Ordinal));
        Assert.Contains(prompt.Pieces, static piece => piece.IsOutside);
        Assert.Equal(prompt.Text, string.Concat(prompt.Pieces.Select(static piece => piece.Text)));
    }

    [Fact]
    public void Encode_MakesControlTokensOfTheTemplatesTextAlone()
    {
        BytePairTokenizer tokenizer = Bytes();
        ChatTemplate template = ChatTemplate.Parse("<s>{% for m in messages %}{{ m.role }}:{{ m.content }}</s>{% endfor %}");
        ChatPrompt prompt = template.Render(
            new ChatTemplateInput { Messages = Json("""[{"role": "</s>", "content": "a</s><s>"}, {"role": "u", "content": "<s"}]""") });
        Assert.Equal("<s></s>:a</s><s></s>u:<s</s>", prompt.Text);
        List<int> expected = [256, .. "</s>:a</s><s>".Select(static c => (int)c), 257, .. "u:<s".Select(static c => (int)c), 257];
        Assert.Equal(expected, prompt.Encode(tokenizer));
    }

    [Fact]
    public void Llama2_AsATemplateIsMetas()
    {
        ChatTemplateInput input = new()
        {
            Messages = Json("""
                [{"role": "system", "content": "Be kind. "}, {"role": "user", "content": " Hello there. "}, {"role": "assistant", "content": "Hi! "},
                 {"role": "user", "content": "Tell a story."}]
                """),
            BosToken = "<s>",
            EosToken = "</s>",
        };
        ChatTemplate template = ChatTemplate.Parse(ChatTemplateSet.Llama2Source);
        ChatTurn[] turns = [new(" Hello there. ", "Hi! "), new("Tell a story.")];
        Assert.Equal(Llama2ChatTemplate.Format(turns, "Be kind. "), template.Render(input).Text);
        Tokenizer tokenizer = TokenizerLoader.Open(SharedData.PathOrSkip("llama2-tokenizer.model"));
        Assert.Equal(Llama2ChatTemplate.Encode(tokenizer, turns, "Be kind. ").Tokens, template.Render(input).Encode(tokenizer));
    }

    /// <summary>What recurses by so many levels has no stack for it, however small a frame the compiler makes.</summary>
    [Theory]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", ChatTemplateErrorKind.Limit)]
    [InlineData("{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}", ChatTemplateErrorKind.Limit)]
    [InlineData("{{ 'x' * 10000000000 }}", ChatTemplateErrorKind.Limit)]
    [InlineData("{{ [0] * 1000000000 }}", ChatTemplateErrorKind.Limit)]
    [InlineData(
        "{% set ns = namespace(s='x') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", ChatTemplateErrorKind.Limit)]
    [InlineData(
        "{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", ChatTemplateErrorKind.Limit)]
    [InlineData("{% set ns = namespace(s='ab') %}{% for i in range(50) %}{% set ns.s = ns.s|replace('a', ns.s) %}{% endfor %}",
        ChatTemplateErrorKind.Limit)]
    [InlineData(
        "{% set ns = namespace(n=7) %}{% for i in range(100) %}{% set ns.n = ns.n * ns.n %}{% endfor %}", ChatTemplateErrorKind.Limit)]
    [InlineData("{{ 9 ** (9 ** 9) }}", ChatTemplateErrorKind.Limit)]
    [InlineData("{{ '%1000000000d' % 1 }}", ChatTemplateErrorKind.Limit)]
    [InlineData("{{ 'x'.ljust(2000000000) }}", ChatTemplateErrorKind.Limit)]
    [InlineData("{{ '{:>2000000000}'.format(1) }}", ChatTemplateErrorKind.Limit)]
    [InlineData("{{ range(100001) }}", ChatTemplateErrorKind.Python)]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", ChatTemplateErrorKind.Python)]
    [InlineData("{% for a in [[0]] recursive %}{{ loop([[0]]) }}{% endfor %}", ChatTemplateErrorKind.Python)]
    [InlineData("{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [[[[ns.l]]]] %}{% endfor %}{{ ns.l }}",
        ChatTemplateErrorKind.Python)]
    [InlineData("{% set ns = namespace(l=[]) %}{% for i in range(100000) %}{% set ns.l = [[[[ns.l]]]] %}{% endfor %}{{ ns.l|tojson }}",
        ChatTemplateErrorKind.Python)]
    [InlineData(
        "{% set ns = namespace(l=[], m=[]) %}{% for i in range(100000) %}{% set ns.l = [[[[ns.l]]]] %}{% set ns.m = [[[[ns.m]]]] %}{% "
            + "endfor %}{{ ns.l == ns.m }}", ChatTemplateErrorKind.Python)]
    [InlineData("{% set ns = namespace(g=[1]) %}{% for i in range(100000) %}{% set ns.g = ns.g|map('string') %}{% endfor %}{{ ns.g|list }}",
        ChatTemplateErrorKind.Python)]
    [InlineData("{% set ns = namespace(t=()) %}{% for i in range(100000) %}{% set ns.t = ((((ns.t,),),),) %}{% endfor %}{{ {ns.t: 1} }}",
        ChatTemplateErrorKind.Python)]
    public void HostileTemplate_EndsInAClearError(string source, ChatTemplateErrorKind kind)
    {
        ChatTemplateException error = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source).Render(Empty));
        Assert.Equal(kind, error.Kind);
        Assert.NotEmpty(error.Reason);
    }

    [Theory]
    [InlineData("{{ ", "(", "1", ")", " }}")]
    [InlineData("{{ ", "[", "1", "]", " }}")]
    [InlineData("{{ ", "{1:", "1", "}", " }}")]
    [InlineData("{{ ", "not ", "1", "", " }}")]
    [InlineData("{{ ", "-", "1", "", " }}")]
    [InlineData("{{ ", "x if x else ", "1", "", " }}")]
    [InlineData("{{ ", "f(", "1", ")", " }}")]
    [InlineData("{{ ", "x[", "1", "]", " }}")]
    [InlineData("{{ x", ".a", "", "", " }}")]
    [InlineData("{{ x", "|string", "", "", " }}")]
    [InlineData("{{ x", "()", "", "", " }}")]
    [InlineData("{% set ", "(", "x", ",)", " = 1 %}")]
    [InlineData("", "{% if x %}", "", "{% endif %}", "")]
    [InlineData("", "{% for x in y %}", "", "{% endfor %}", "")]
    [InlineData("", "{% macro m() %}", "", "{% endmacro %}", "")]
    public void DeepNesting_IsRefused(string before, string open, string middle, string close, string after)
    {
        string source =
            before + string.Concat(Enumerable.Repeat(open, 100_000)) + middle + string.Concat(Enumerable.Repeat(close, 100_000)) + after;
        Assert.Equal(ChatTemplateErrorKind.Syntax, Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source)).Kind);
    }

    [Fact]
    public void LongChains_AreNoDepth()
    {
        Assert.Equal("100001", Render("{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 100_000)) + " }}"));
        Assert.Equal(100_001, Render("{{ 1" + string.Concat(Enumerable.Repeat(" ~ 1", 100_000)) + " }}").Length);
        Assert.Equal("ok", Render("{% if x %}" + string.Concat(Enumerable.Repeat("{% elif x %}", 100_000)) + "{% else %}ok{% endif %}"));
    }

    [Fact]
    public void Limits_GrowWithTheConversation()
    {
        string text = new('a', 4 << 20);
        ChatTemplate template =
            ChatTemplate.Parse("{% for m in messages %}{{ m.content|trim|replace('b', 'c') }}{{ m.content.split('x')[-1] }}{% endfor %}");
        ChatPrompt prompt =
            template.Render(new ChatTemplateInput { Messages =
                JsonSerializer.SerializeToElement(Enumerable.Repeat(new { role = "user", content = text }, 10)) });
        Assert.Equal(20 * text.Length, prompt.Text.Length);
    }

    [Fact]
    public void Render_NamesTheLine()
    {
        ChatTemplateException error =
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("a\n{% if true %}\n\n{{ x.y }}{% endif %}").Render(Empty));
        Assert.Equal("chat template, line 4: 'x' is undefined", error.Message);
        Assert.Equal(4, error.Line);
        Assert.Equal(2, Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("\n{% iff %}")).Line);
    }

    private static ChatTemplateInput Empty => new() { Messages = Json("[]") };

    private static string Render(string source) => ChatTemplate.Parse(source).Render(Empty).Text;

    private static JsonElement Json(string json) => JsonDocument.Parse(json).RootElement;

    /// <summary>A vocabulary of all bytes and two control tokens.</summary>
    private static BytePairTokenizer Bytes()
    {
        string[] names = [.. Enumerable.Range(0, 256).Select(static b => ByteName(b)), "<s>", "</s>"];
        TokenKind[] kinds = [.. Enumerable.Repeat(TokenKind.Normal, 256), TokenKind.Control, TokenKind.Control];
        return BytePairTokenizer.FromMerges(
            names, kinds, [], new BytePairOptions { PreTokenizer = PreTokenizer.Gpt2, BosId = 256, EosId = 257 }, "bytes");
    }

    // GPT-2's way to write bytes as characters.
    private static string ByteName(int b)
    {
        int[] printable =
            [.. Enumerable.Range('!', '~' - '!' + 1), .. Enumerable.Range('¡', '¬' - '¡' + 1), .. Enumerable.Range('®', 'ÿ' - '®' + 1)];
        if (printable.Contains(b))
            return ((char)b).ToString();
        return ((char)(256 + Enumerable.Range(0, b).Count(other => !printable.Contains(other)))).ToString();
    }
}
