using System;
using System.IO;
using System.Runtime.CompilerServices;

namespace Llamalith.Tests.Harness;

/// <summary>
/// Compares text with a file beside the test, by Verify's convention: Name.verified.cs is what was approved, Name.received.cs what
/// came instead. LLAMALITH_ACCEPT=1 approves whatever comes.
/// </summary>
internal static class Snapshot
{
    /// <summary>Compares <paramref name="actual"/> with {name}.verified.cs in the folder of the calling test.</summary>
    public static void Matches(string actual, string name, [CallerFilePath] string test = "")
    {
        string folder = Path.GetDirectoryName(test)!;
        string verified = Path.Combine(folder, name + ".verified.cs");
        string received = Path.Combine(folder, name + ".received.cs");
        if (Environment.GetEnvironmentVariable("LLAMALITH_ACCEPT") == "1")
        {
            File.WriteAllText(verified, actual);
            File.Delete(received);
            return;
        }

        string expected = File.Exists(verified) ? File.ReadAllText(verified).ReplaceLineEndings("\n") : "";
        if (expected == actual)
        {
            File.Delete(received);
            return;
        }

        File.WriteAllText(received, actual);
        Assert.Fail($"{name} changed at {FirstDifference(expected, actual)}. Compare {received} with {verified}; LLAMALITH_ACCEPT=1 accepts it.");
    }

    private static string FirstDifference(string expected, string actual)
    {
        string[] before = expected.Split('\n');
        string[] after = actual.Split('\n');
        int line = 0;
        while (line < before.Length && line < after.Length && before[line] == after[line])
            line++;
        return $"line {line + 1}: \"{(line < before.Length ? before[line] : "")}\" became \"{(line < after.Length ? after[line] : "")}\"";
    }
}
