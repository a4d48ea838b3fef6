using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Llamalith.Contracts;

/// <summary>
/// What an engine's products run, one line for each kind and format, as `llamalith tune` writes it. What an engine does not know, or a
/// machine does not have, is passed over.
/// </summary>
public sealed class KernelChoices
{
    /// <summary>The first line of a file.</summary>
    internal const string Header = "llamalith kernels 1";

    /// <summary>More than any engine has; a larger file is not read.</summary>
    internal const int MostBytes = 64 << 10;

    /// <summary>Choices.</summary>
    /// <param name="kernels">At most one for each kind and format.</param>
    /// <exception cref="ArgumentException">There are two for one.</exception>
    public KernelChoices(IEnumerable<ProductKernel> kernels)
    {
        List<ProductKernel> all = [];
        foreach (ProductKernel kernel in kernels)
        {
            if (all.Exists(other => other.Product == kernel.Product && other.Format == kernel.Format))
                throw new ArgumentException($"There are two choices for {kernel.Product} {kernel.Format}.", nameof(kernels));
            all.Add(kernel);
        }

        Kernels = all;
    }

    /// <summary>They.</summary>
    public IReadOnlyList<ProductKernel> Kernels { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It holds something else; the message names the line.</exception>
    public static KernelChoices Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        return Load(file, path);
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="FormatException">It is something else; the message names the line.</exception>
    public static KernelChoices Parse(string text) => Parse(text, "kernels");

    /// <summary>They as a file's text.</summary>
    public override string ToString() => string.Concat(Kernels.Select(static kernel => $"{kernel}\n").Prepend(Header + "\n"));

    /// <summary>They as a file's text, with a line that says what they are for.</summary>
    internal string ToString(string comment) => ToString().Insert(Header.Length + 1, $"# {comment}\n");

    internal static KernelChoices Load(Stream file, string name) => Load(file, name, out _);

    /// <summary>Reads a file.</summary>
    /// <param name="file">It.</param>
    /// <param name="name">What it is called, for messages.</param>
    /// <param name="comment">What its second line says that it is for; empty for nothing.</param>
    internal static KernelChoices Load(Stream file, string name, out string comment)
    {
        if (file.Length > MostBytes)
            throw new FormatException($"{name}: a list of kernels has at most {MostBytes} bytes, and this has {file.Length}.");
        using StreamReader reader = new(file);
        string text = reader.ReadToEnd();
        string second = text.Split('\n').ElementAtOrDefault(1) ?? "";
        comment = second.StartsWith("# ", StringComparison.Ordinal) ? second[2..].TrimEnd('\r') : "";
        return Parse(text, name);
    }

    private static KernelChoices Parse(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] lines = text.Split('\n');
        if (lines[0].TrimEnd('\r') != Header)
            throw new FormatException($"{name}: the first line must be \"{Header}\".");
        List<ProductKernel> kernels = [];
        for (int i = 1; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (!ProductKernel.TryParse(line, out ProductKernel? kernel))
            {
                throw new FormatException(
                    $"{name}, line {i + 1}: no choice of a kernel, such as \"MatVec Q4_0 avx512 8192 4096\" or \"MatMul Q4_0 avx512 64\".");
            }

            if (kernels.Exists(other => other.Product == kernel.Product && other.Format == kernel.Format))
                throw new FormatException($"{name}, line {i + 1}: there is a choice for {kernel.Product} {kernel.Format} already.");
            kernels.Add(kernel);
        }

        return new KernelChoices(kernels);
    }
}
