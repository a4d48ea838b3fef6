using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using Llamalith.Contracts;

namespace Llamalith.Packer;

/// <summary>A [LlamaModel] with EmbeddedWeights as it stands in a source file, as far as its text says it.</summary>
/// <param name="Path">The source file.</param>
/// <param name="Line">The attribute's line.</param>
/// <param name="File">The model file, relative to the project.</param>
/// <param name="Formats">The formats that engines are compiled for; null where the text does not name them.</param>
/// <param name="RopeLayout">The order of the rows of heads.</param>
/// <param name="Sizes">The sizes that are written as numbers, by property.</param>
internal sealed partial record EmbeddedModel(string Path, int Line, string File, IReadOnlySet<TensorType>? Formats, RopeLayout RopeLayout, IReadOnlyDictionary<string, int> Sizes)
{
    /// <summary>The code of errors about the file that an attribute names.</summary>
    public const string NotFound = "LLAMA030";

    /// <summary>All of a source file.</summary>
    /// <exception cref="BuildErrorException">The name is no string literal.</exception>
    public static IEnumerable<EmbeddedModel> In(string path)
    {
        string text = WithoutComments(System.IO.File.ReadAllText(path));
        foreach (Match attribute in Attribute().Matches(text))
        {
            string arguments = Parenthesised(text, attribute.Index + attribute.Length);
            if (!Mention().IsMatch(arguments))
                continue;
            int line = 1 + text.AsSpan(0, attribute.Index).Count('\n');
            Match name = Name().Match(arguments);
            if (!name.Success)
                throw new BuildErrorException(path, line, NotFound, "EmbeddedWeights must be a string literal: the build reads it from the source to find the file");
            yield return new EmbeddedModel(path, line, name.Groups[1].Success ? name.Groups[1].Value.Replace("\"\"", "\"", StringComparison.Ordinal) : Regex.Unescape(name.Groups[2].Value), FormatsIn(arguments), LayoutIn(arguments), SizesIn(arguments));
        }
    }

    private static HashSet<TensorType>? FormatsIn(string arguments)
    {
        Match weights = Weights().Match(arguments);
        if (!weights.Success)
            return [TensorType.F32];
        WeightFormat formats = default;
        foreach (string member in weights.Groups[1].Value.Split('|'))
        {
            if (!Enum.TryParse(member.Trim().Split('.')[^1], out WeightFormat format))
                return null;
            formats |= format;
        }

        return [.. Enum.GetValues<TensorType>().Where(type => Enum.TryParse(type.ToString(), out WeightFormat format) && (formats & format) != 0)];
    }

    private static RopeLayout LayoutIn(string arguments) =>
        Layout().Match(arguments) is { Success: true } layout && Enum.TryParse(layout.Groups[1].Value, out RopeLayout value) ? value : default;

    private static Dictionary<string, int> SizesIn(string arguments)
    {
        Dictionary<string, int> sizes = [];
        foreach (Match size in Size().Matches(arguments))
        {
            if (int.TryParse(size.Groups[2].Value.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out int value))
                sizes[size.Groups[1].Value] = value;
        }

        return sizes;
    }

    // Up to the parenthesis that closes one that was opened before; those within strings do not count.
    private static string Parenthesised(string text, int start)
    {
        int depth = 1, at = start;
        for (; at < text.Length && depth > 0; at++)
        {
            if (text[at] == '"')
                at += StringLiteral().Match(text, at) is { Success: true } literal && literal.Index == at ? literal.Length - 1 : 0;
            else
                depth += text[at] == '(' ? 1 : text[at] == ')' ? -1 : 0;
        }

        return text[start..at];
    }

    // Comments become spaces, so that lines keep their numbers; strings stay.
    private static string WithoutComments(string text) => CommentOrString().Replace(text, static match => match.Value[0] == '/'
        ? string.Concat(match.Value.Select(static c => c == '\n' ? '\n' : ' '))
        : match.Value);

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|@""(?:[^""]|"""")*""|""(?:[^""\\\n]|\\.)*""", RegexOptions.Singleline)]
    private static partial Regex CommentOrString();

    [GeneratedRegex(@"""(?:[^""\\\n]|\\.)*""")]
    private static partial Regex StringLiteral();

    [GeneratedRegex(@"\bLlamaModel(?:Attribute)?\s*\(")]
    private static partial Regex Attribute();

    [GeneratedRegex(@"\bEmbeddedWeights\s*=")]
    private static partial Regex Mention();

    [GeneratedRegex(@"\bEmbeddedWeights\s*=\s*(?:@""((?:[^""]|"""")*)""|""((?:[^""\\\n]|\\.)*)"")")]
    private static partial Regex Name();

    [GeneratedRegex(@"\bWeights\s*=\s*([\w.|\s:]+)")]
    private static partial Regex Weights();

    [GeneratedRegex(@"\bRopeLayout\s*=\s*[\w.:]*?(\w+)\s*[,)]")]
    private static partial Regex Layout();

    [GeneratedRegex(@"\b(Dim|FfnDim|Layers|Heads|KvHeads|VocabSize)\s*=\s*(\d[\d_]*)\s*[,)]")]
    private static partial Regex Size();
}
