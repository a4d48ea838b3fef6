using System;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Llamalith.Contracts;

/// <summary>Which kernels multiply matrices of a format, and what these are told.</summary>
/// <param name="Product">What is multiplied by.</param>
/// <param name="Format">The weights' format.</param>
/// <param name="Kernel">The kernels' instruction set, as in avx512.</param>
/// <param name="Far">Of products of one token: bytes ahead at which weights are asked for, into the second-level cache.</param>
/// <param name="Near">Likewise, into the first-level cache.</param>
/// <param name="TokenBlock">Of products of many tokens: how many a panel passes over at once.</param>
public sealed record ProductKernel(ProductKind Product, TensorType Format, string Kernel, int Far, int Near, int TokenBlock)
{
    /// <summary>It in words, as in MatVec Q4_0 avx512 8192 4096 and MatMul Q4_0 avx512 64.</summary>
    public override string ToString() => Product == ProductKind.MatVec
        ? string.Create(CultureInfo.InvariantCulture, $"{Product} {Format} {Kernel} {Far} {Near}")
        : string.Create(CultureInfo.InvariantCulture, $"{Product} {Format} {Kernel} {TokenBlock}");

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    internal static bool TryParse(string line, [NotNullWhen(true)] out ProductKernel? kernel)
    {
        kernel = null;
        string[] words = line.Split(' ');
        if (words.Length < 4 || !Enum.TryParse(words[0], out ProductKind product) || !Enum.TryParse(words[1], out TensorType format)
            || words[2].Length == 0)
        {
            return false;
        }

        if (product == ProductKind.MatVec && words.Length == 5 && Number(words[3], out int far) && Number(words[4], out int near))
            kernel = new ProductKernel(product, format, words[2], far, near, 0);
        else if (product == ProductKind.MatMul && words.Length == 4 && Number(words[3], out int tokens))
            kernel = new ProductKernel(product, format, words[2], 0, 0, tokens);
        else
            return false;

        // Numbers are enums' names too.
        return kernel.ToString() == line;

        static bool Number(string word, out int value) => int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
