using System;
using System.Linq;

namespace Llamalith;

/// <summary>
/// What the build, the compiler and the run time must agree on about model files that classes are made from, and the texts that hold what
/// was read of them. One source for all of them.
/// </summary>
internal static class ModelFiles
{
    /// <summary>How the names of texts end that lie beside a project, for classes that are made from a file.</summary>
    public const string Extension = ".llamalith.json";

    /// <summary>How those end that the build makes of other files that it sees, to compare classes with them.</summary>
    public const string SeenExtension = ".llamalith.seen.json";

    /// <summary>
    /// Most positions that a class gets where nobody asks for a number: enough for most conversations, and its cache fits most machines.
    /// </summary>
    public const int UsualContext = 8192;

    private static readonly string[] s_extensions = [".gguf", ".safetensors", ".llith", ".bin"];

    /// <summary>A path as these texts have it.</summary>
    public static string WithSlashes(string path) => path.Replace('\\', '/');

    /// <summary>The name of the text of a model file or folder: tiny.llamalith.json for models/tiny.gguf.</summary>
    public static string DescriptionOf(string model)
    {
        string name = WithSlashes(model).TrimEnd('/');
        name = name.Substring(name.LastIndexOf('/') + 1);
        if (s_extensions.FirstOrDefault(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase)) is { } extension)
            name = WithoutPart(name.Substring(0, name.Length - extension.Length));

        // Letters of any script; nothing that a build would take for more than a name.
        name = string.Concat(name.Select(static c => char.IsLetterOrDigit(c) || c is '-' or '_' or '.' or ' ' ? c : '_'));
        return (name is "" or "." or ".." ? "model" : name) + Extension;
    }

    // Any part leads to the others of a split file: m-00001-of-00003 is a part of m.
    private static string WithoutPart(string name)
    {
        const string Like = "-00000-of-00000";
        int start = name.Length - Like.Length;
        return start > 0 && Like.Select((c, i) => c == '0' ? name[start + i] is >= '0' and <= '9' : name[start + i] == c)
            .All(static same => same)
            ? name.Substring(0, start) : name;
    }
}
