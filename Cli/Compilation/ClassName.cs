using System;
using System.IO;
using System.Linq;
using System.Text;

namespace Llamalith.Cli.Compilation;

/// <summary>Names for classes, from the names of files.</summary>
internal static class ClassName
{
    private const string Fallback = "Model";

    /// <summary>What <see cref="System.IO.Path"/> holds, as an identifier: tinyllama-1.1b.gguf is Tinyllama1_1b.</summary>
    public static string FromPath(string path)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        string stem = Directory.Exists(full) ? Path.GetFileName(full) : Path.GetFileNameWithoutExtension(full);
        StringBuilder name = new();
        foreach (string part in Parts(stem))
        {
            // Digits that were apart stay so: 1.1 must not become 11.
            if (name.Length > 0 && char.IsAsciiDigit(name[^1]) && char.IsAsciiDigit(part[0]))
                name.Append('_');
            name.Append(char.ToUpperInvariant(part[0])).Append(part.AsSpan(1));
        }

        if (name.Length == 0)
            return Fallback;
        return char.IsAsciiDigit(name[0]) ? Fallback + name : name.ToString();
    }

    /// <summary>Whether a text can be a class's name; words of the language, which are all in lower case, cannot.</summary>
    public static bool IsIdentifier(string text) =>
        text.Length > 0 && !char.IsAsciiDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            && text.Any(c => !char.IsAsciiLetterLower(c));

    private static string[] Parts(string stem)
    {
        string separated = string.Concat(stem.Select(c => char.IsAsciiLetterOrDigit(c) ? c : ' '));
        return separated.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
