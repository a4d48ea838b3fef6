using System;
using System.IO;
using System.Text;
using Llamalith.Cli;
using Llamalith.Cli.Texts;

namespace Llamalith.Tests.Texts;

public sealed class TextFileTests : IDisposable
{
    private const string Text = "Grüße 🙂\r\nund mehr\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("utf-8")]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    [InlineData("utf-32BE")]
    public void Read_DropsTheMarkAndHeedsIt(string name)
    {
        Encoding encoding = Encoding.GetEncoding(name);
        File.WriteAllBytes(_folder["text"], [.. encoding.GetPreamble(), .. encoding.GetBytes(Text)]);
        Assert.Equal(Text, TextFile.Read(_folder["text"]));
    }

    [Fact]
    public void Read_TakesUtf8AsItIs()
    {
        File.WriteAllText(_folder["text"], Text);
        Assert.Equal(Text, TextFile.Read(_folder["text"]));
        File.WriteAllText(_folder["empty"], "");
        Assert.Equal("", TextFile.Read(_folder["empty"]));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'a', (byte)'\n', (byte)'b', 0xE9, (byte)'c' }, "UTF-8 text: 0xE9 at byte 3, in line 2")]
    [InlineData(new byte[] { 0xEF, 0xBB, 0xBF, (byte)'a', 0xFF }, "UTF-8 text: 0xFF at byte 4, in line 1")]
    [InlineData(new byte[] { 0xC3 }, "UTF-8 text: 0xC3 at byte 0, in line 1")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x00, 0xD8, (byte)'a', 0 }, "UTF-16 text: 0x00D8")]
    public void Read_NamesWhatIsNoText(byte[] bytes, string complaint)
    {
        File.WriteAllBytes(_folder["text"], bytes);
        Assert.Equal($"{_folder["text"]} is no {complaint}.", Assert.Throws<CliException>(() => TextFile.Read(_folder["text"])).Message);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData(@"a\nb\r\t\\n\'\""\0", "a\nb\r\t\\n'\"\0")]
    [InlineData(@"\xC3\xA9\u00e9\U0001F642ü", "éé🙂ü")]
    [InlineData("", "")]
    public void Escapes_StandForWhatTheyName(string text, string expected) =>
        Assert.Equal(expected, TextEscapes.Replace(text));

    [Theory]
    [InlineData(@"ab\q", @"'\q' at character 3")]
    [InlineData(@"ab\", @"'\' at character 3")]
    [InlineData(@"\x4", @"'\x4' at character 1")]
    [InlineData(@"\xG0", @"'\xG0' at character 1")]
    [InlineData(@"\uD83D", @"'\uD83D' at character 1")]
    [InlineData(@"\U00110000", @"'\U00110000' at character 1")]
    public void Escapes_ThatAreNoneAreNamed(string text, string complaint) =>
        Assert.StartsWith($"-e: {complaint} is no escape; they are ", Assert.Throws<CliException>(() => TextEscapes.Replace(text)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Escapes_MustBeUtf8() =>
        Assert.Equal("What the escapes stand for is no UTF-8 text: 0xE9 at byte 1, in line 1.",
            Assert.Throws<CliException>(() => TextEscapes.Replace(@"a\xE9b")).Message);
}
