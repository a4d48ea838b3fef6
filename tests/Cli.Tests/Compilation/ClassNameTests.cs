using Llamalith.Cli.Compilation;

namespace Llamalith.Tests.Compilation;

public class ClassNameTests
{
    [Theory]
    [InlineData("stories260K.bin", "Stories260K")]
    [InlineData("a/b/tinyllama-1.1b-chat-v1.0.Q4_K_M.gguf", "Tinyllama1_1bChatV1_0Q4KM")]
    [InlineData("7b.gguf", "Model7b")]
    [InlineData("über--model.gguf", "BerModel")]
    [InlineData("---.gguf", "Model")]
    [InlineData("Meta-Llama-3.1-8B/", "MetaLlama3")]
    public void FromPath_IsAnIdentifier(string path, string expected)
    {
        Assert.Equal(expected, ClassName.FromPath(path));
        Assert.True(ClassName.IsIdentifier(expected));
    }

    [Fact]
    public void FromPath_TakesAFolderWhole()
    {
        using TemporaryFolder folder = new();
        System.IO.Directory.CreateDirectory(folder["Meta-Llama-3.1-8B"]);
        Assert.Equal("MetaLlama3_1_8B", ClassName.FromPath(folder["Meta-Llama-3.1-8B"] + "/"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1a")]
    [InlineData("a b")]
    [InlineData("class")]
    [InlineData("A-B")]
    public void IsIdentifier_RefusesOtherText(string text) => Assert.False(ClassName.IsIdentifier(text));
}
