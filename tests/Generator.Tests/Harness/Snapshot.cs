using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;

namespace Llamalith.Tests.Harness;

/// <summary>
/// Compares texts with files beside the test, by Verify's convention: Name.verified.cs is what was approved, Name.received.cs what
/// came instead. LLAMALITH_ACCEPT=1 approves whatever comes.
/// </summary>
internal static class Snapshot
{
    /// <summary>
    /// Compares each text with {prefix}.{name}.verified.cs in the folder of the calling test; no other file of that prefix may be there.
    /// </summary>
    public static void Matches(string prefix, IReadOnlyDictionary<string, string> texts, [CallerFilePath] string test = "")
    {
        string folder = Path.GetDirectoryName(test)!;
        bool accept = Environment.GetEnvironmentVariable("LLAMALITH_ACCEPT") == "1";
        foreach (string stale in Directory.EnumerateFiles(folder, prefix + ".*.received.cs"))
            File.Delete(stale);
        List<string> differences = [];
        foreach ((string name, string text) in texts)
        {
            string verified = Path.Combine(folder, $"{prefix}.{name}.verified.cs");
            string approved = File.Exists(verified) ? File.ReadAllText(verified).ReplaceLineEndings("\n") : "";
            if (approved == text)
                continue;
            differences.Add($"{name}, {FirstDifference(approved, text)}");
            File.WriteAllText(accept ? verified : Path.Combine(folder, $"{prefix}.{name}.received.cs"), text);
        }

        foreach (string verified in Directory.EnumerateFiles(folder, prefix + ".*.verified.cs"))
        {
            string name = Path.GetFileName(verified)[(prefix.Length + 1)..^".verified.cs".Length];
            if (texts.ContainsKey(name))
                continue;
            differences.Add($"{name} is no longer made");
            if (accept)
                File.Delete(verified);
        }

        if (!accept && differences.Count > 0)
        {
            Assert.Fail(
                $"Compare *.received.cs with *.verified.cs in {folder}; LLAMALITH_ACCEPT=1 accepts:\n{string.Join('\n', differences)}");
        }
    }

    private static string FirstDifference(string approved, string text)
    {
        string[] before = approved.Split('\n');
        string[] after = text.Split('\n');
        int line = before.Zip(after).TakeWhile(static pair => pair.First == pair.Second).Count();
        return $"line {line + 1}: \"{before.ElementAtOrDefault(line)}\" became \"{after.ElementAtOrDefault(line)}\"";
    }
}
