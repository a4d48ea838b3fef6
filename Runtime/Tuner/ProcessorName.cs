using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;

namespace Llamalith.Tuner;

/// <summary>What this machine's processor is called.</summary>
internal static class ProcessorName
{
    private const string Information = "/proc/cpuinfo";

    /// <summary>
    /// It: the system's name for it, with its family and model, since a virtual machine's name may say no more than the vendor's; else the
    /// architecture.
    /// </summary>
    public static string Current
    {
        get
        {
            try
            {
                if (File.Exists(Information))
                    return Parse(File.ReadLines(Information)) ?? Architecture;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Then it has no name.
            }

            return Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") is { Length: > 0 } named ? named : Architecture;
        }
    }

    private static string Architecture => RuntimeInformation.ProcessArchitecture.ToString();

    /// <summary>The name in the lines of Linux's /proc/cpuinfo; null where they have none.</summary>
    internal static string? Parse(IEnumerable<string> lines)
    {
        Dictionary<string, string> fields = [];
        foreach (string line in lines)
        {
            // The first processor's only.
            if (line.Length == 0)
                break;
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0)
                fields.TryAdd(line[..colon].Trim(), line[(colon + 1)..].Trim());
        }

        if (!fields.TryGetValue("model name", out string? name) || name.Length == 0)
            return null;
        return fields.TryGetValue("cpu family", out string? family) && fields.TryGetValue("model", out string? model)
            ? $"{name} (family {family}, model {model})" : name;
    }
}
