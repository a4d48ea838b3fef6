using System;
using System.Collections.Generic;
using System.Globalization;

namespace Llamalith.Generator.Spec;

/// <summary>
/// Gives each model the folder its generated files go to. The compiler compares hint names without case and, should two clash,
/// drops everything a generator made; so My.Tiny beside My.TINY must not share a folder. Where generated files are written out, a folder's
/// name must not be longer than file systems allow.
/// </summary>
internal static class HintFolders
{
    private const int Longest = 80;

    /// <summary>The specs in their order, each with a folder that no other has.</summary>
    public static IEnumerable<ModelSpec> Assign(IReadOnlyList<ModelSpec> specs)
    {
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
        foreach (ModelSpec spec in specs)
        {
            string name = spec.HintFolder.Length > Longest ? spec.HintFolder.Substring(0, Longest) : spec.HintFolder, folder = name;
            for (int copy = 2; !taken.Add(folder); copy++)
                folder = name + "-" + copy.ToString(CultureInfo.InvariantCulture);
            yield return spec with { HintFolder = folder };
        }
    }
}
