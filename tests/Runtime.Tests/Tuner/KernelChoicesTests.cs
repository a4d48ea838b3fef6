using System;
using System.IO;
using Llamalith.Contracts;

namespace Llamalith.Tests.Tuner;

/// <summary>Files of choices: what is written is read, and nothing else is.</summary>
public sealed class KernelChoicesTests
{
    private static readonly KernelChoices s_choices = new(
    [
        new(ProductKind.MatVec, TensorType.Q4_0, "avx512", 8192, 4096, 0),
        new(ProductKind.MatMul, TensorType.Q4_0, "avxvnni", 0, 0, 64),
    ]);

    [Fact]
    public void Text_IsReadAsItWasWritten()
    {
        string text = s_choices.ToString();
        Assert.Equal("llamalith kernels 1\nMatVec Q4_0 avx512 8192 4096\nMatMul Q4_0 avxvnni 64\n", text);
        Assert.Equal(s_choices.Kernels, KernelChoices.Parse(text).Kernels);
        Assert.Equal(s_choices.Kernels, KernelChoices.Parse(text.Replace("\n", "\r\n", StringComparison.Ordinal)).Kernels);
        Assert.Equal(s_choices.Kernels, KernelChoices.Parse(text + "\n# by hand\n").Kernels);
    }

    [Theory]
    [InlineData("", "first line")]
    [InlineData("llamalith kernels 2\n", "first line")]
    [InlineData("llamalith kernels 1\nMatVec", "line 2")]
    [InlineData("llamalith kernels 1\nMatVec Q4_0 avx512 8192", "line 2")]
    [InlineData("llamalith kernels 1\nMatMul Q4_0 avx512 8192 4096", "line 2")]
    [InlineData("llamalith kernels 1\nMatVec Q4_0 avx512 -64 0", "line 2")]
    [InlineData("llamalith kernels 1\nMatVec Q4_0 avx512 99999999999 0", "line 2")]
    [InlineData("llamalith kernels 1\nMatVec Q4_0 avx512 08192 4096", "line 2")]
    [InlineData("llamalith kernels 1\n0 2 avx512 8192 4096", "line 2")]
    [InlineData("llamalith kernels 1\nMatVec Q9_0 avx512 8192 4096", "line 2")]
    [InlineData("llamalith kernels 1\n\nMatMul Q4_0 avx512 64\nMatMul Q4_0 avx2 64", "line 4")]
    public void Text_OfSomethingElseIsRefused(string text, string where) =>
        Assert.Contains(where, Assert.Throws<FormatException>(() => KernelChoices.Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void File_IsRead()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, s_choices.ToString());
            Assert.Equal(s_choices.Kernels, KernelChoices.Load(path).Kernels);
            File.WriteAllText(path, s_choices + new string('\n', 70_000));
            Assert.Contains(path, Assert.Throws<FormatException>(() => KernelChoices.Load(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Choices_OfOneProductAreOne() =>
        Assert.Throws<ArgumentException>(() => new KernelChoices([s_choices.Kernels[0], s_choices.Kernels[0] with { Kernel = "avx2" }]));
}
