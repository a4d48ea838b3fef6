using System;
using System.Collections.Generic;
using System.Globalization;

namespace Llamalith.Generator.Spec;

/// <summary>
/// Gives each model the folder its generated files go to. The compiler compares hint names without case and, should two clash,
/// drops everything a generator made; so My.Tiny beside My.TINY must not share a folder.
/// </summary>
internal static class HintFolders
{
    /// <summary>The specs in their order, each with a folder that no other has.</summary>
    public static IEnumerable<ModelSpec> Assign(IReadOnlyList<ModelSpec> specs)
    {
        HashSet<string> taken = new(StringComparer.OrdinalIgnoreCase);
        foreach (ModelSpec spec in specs)
        {
            string folder = spec.HintFolder;
            for (int copy = 2; !taken.Add(folder); copy++)
                folder = spec.HintFolder + "-" + copy.ToString(CultureInfo.InvariantCulture);
            yield return spec with { HintFolder = folder };
        }
    }
}
