using System.IO;
using System.Text;
using Llamalith.Reference;

namespace Llamalith.Tests;

/// <summary>The published model of 260 thousand parameters, where it is at hand.</summary>
internal static class PublishedModel
{
    /// <summary>The full path of a data file; skips the calling test where there is none.</summary>
    public static string PathOrSkip(string name)
    {
        string? path = SharedFiles.Find(name);
        Assert.SkipWhen(
            path is null, $"{name} is neither in ../shared/data beside the repository nor in the folder that LLAMALITH_DATA names.");
        return path!;
    }

    /// <summary>The pieces of llama2.c's tokenizer file, plainly read: score, length, bytes.</summary>
    public static string[] ReadPieces(string path, int count)
    {
        using var reader = new BinaryReader(File.OpenRead(path));
        reader.ReadInt32();
        string[] pieces = new string[count];
        for (int i = 0; i < count; i++)
        {
            reader.ReadSingle();
            pieces[i] = Encoding.UTF8.GetString(reader.ReadBytes(reader.ReadInt32()));
        }

        return pieces;
    }
}
