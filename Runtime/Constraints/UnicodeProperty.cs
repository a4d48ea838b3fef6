using System;
using System.Collections.Generic;
using System.Globalization;

namespace Llamalith.Constraints;

/// <summary>The properties of characters that patterns may name: general categories.</summary>
internal static class UnicodeProperty
{
    private static readonly string[] s_codes =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    private static readonly Dictionary<string, string> s_names = new()
    {
        ["Letter"] = "L", ["Uppercase_Letter"] = "Lu", ["Lowercase_Letter"] = "Ll", ["Titlecase_Letter"] = "Lt", ["Modifier_Letter"] = "Lm",
        ["Other_Letter"] = "Lo",
        ["Mark"] = "M", ["Number"] = "N", ["Decimal_Number"] = "Nd", ["Letter_Number"] = "Nl", ["Other_Number"] = "No",
        ["Punctuation"] = "P", ["Symbol"] = "S",
        ["Separator"] = "Z", ["Space_Separator"] = "Zs", ["Other"] = "C", ["Control"] = "Cc", ["punct"] = "P", ["digit"] = "Nd",
    };

    /// <summary>The characters of a category; null where it is no category.</summary>
    public static CharSet? Find(string name)
    {
        foreach (string prefix in (ReadOnlySpan<string>)["General_Category=", "gc="])
            name = name.StartsWith(prefix, StringComparison.Ordinal) ? name[prefix.Length..] : name;
        string code = s_names.GetValueOrDefault(name, name);
        if (code == "Any")
            return CharSet.All;
        if (code == "ASCII")
            return CharSet.Of(0, 127);
        if (Array.FindIndex(s_codes, known => known.StartsWith(code, StringComparison.Ordinal)) < 0 || code.Length is 0 or > 2)
            return null;
        List<(int, int)> ranges = [];
        for (int c = 0; c <= CharSet.MaxCodePoint; c++)
        {
            // The enumeration's order is that of the codes.
            if (!s_codes[(int)CharUnicodeInfo.GetUnicodeCategory(c)].StartsWith(code, StringComparison.Ordinal))
                continue;
            if (ranges.Count > 0 && ranges[^1].Item2 == c - 1)
                ranges[^1] = (ranges[^1].Item1, c);
            else
                ranges.Add((c, c));
        }
        return CharSet.Of(ranges);
    }
}
