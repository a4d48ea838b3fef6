using System;
using System.Text;

namespace Llamalith.Chat.Jinja;

/// <summary>Upper and lower case by Unicode's full mappings, in which a character may become several.</summary>
internal static class Casing
{
    public static Text Upper(Run run, Text text) => Map(run, text, static (_, _, rune) => CaseTable.Upper(rune));

    public static Text Lower(Run run, Text text) => Map(run, text, static (value, at, rune) => LowerAt(value, at, rune));

    public static Text Fold(Run run, Text text) => Map(run, text, static (_, _, rune) => CaseTable.Fold(rune));

    public static Text Swap(Run run, Text text) =>
        Map(run, text,
            static (value, at, rune) => IsUpper(rune) ? LowerAt(value, at, rune) : IsLower(rune) ? CaseTable.Upper(rune) : rune.ToString());

    public static Text Capitalize(Run run, Text text) =>
        Map(run, text, static (value, at, rune) => at == 0 ? CaseTable.Title(rune) : LowerAt(value, at, rune));

    public static Text Title(Run run, Text text) =>
        Map(run, text, static (value, at, rune) => IsCasedBefore(value, at) ? LowerAt(value, at, rune) : CaseTable.Title(rune));

    /// <summary>Whether some character has a case, and none has the other.</summary>
    public static bool Is(Text text, bool upper)
    {
        bool found = false;
        foreach (Rune rune in text.Value.EnumerateRunes())
        {
            if (upper ? IsLower(rune) : IsUpper(rune))
                return false;
            found |= upper ? IsUpper(rune) : IsLower(rune);
        }
        return found;
    }

    public static bool IsTitle(Text text)
    {
        bool found = false, afterCased = false;
        foreach (Rune rune in text.Value.EnumerateRunes())
        {
            bool upper = IsUpper(rune), lower = IsLower(rune);
            if ((upper && afterCased) || (lower && !afterCased))
                return false;
            afterCased = upper || lower;
            found |= afterCased;
        }
        return found;
    }

    private static bool IsUpper(Rune rune) => Rune.IsUpper(rune);

    private static bool IsLower(Rune rune) => Rune.IsLower(rune);

    private static bool IsCased(Rune rune) =>
        IsUpper(rune) || IsLower(rune) || Rune.GetUnicodeCategory(rune) == System.Globalization.UnicodeCategory.TitlecaseLetter;

    private static bool IsCasedBefore(string value, int at) =>
        at > 0 && Rune.DecodeLastFromUtf16(value.AsSpan(0, at), out Rune rune, out _) == System.Buffers.OperationStatus.Done
            && IsCased(rune);

    // A sigma that ends a word has a form of its own.
    private static string LowerAt(string value, int at, Rune rune)
    {
        if (rune.Value != 'Σ')
            return CaseTable.Lower(rune);
        bool after = at + 1 < value.Length && Rune.TryGetRuneAt(value, at + 1, out Rune next) && IsCased(next);
        return IsCasedBefore(value, at) && !after ? "ς" : "σ";
    }

    private static Text Map(Run run, Text text, Func<string, int, Rune, string> map)
    {
        string value = text.Value;
        TextBuilder builder = new(run);
        run.Step(value.Length >> 2);
        int plain = 0;
        for (int i = 0; i < value.Length;)
        {
            if (!Rune.TryGetRuneAt(value, i, out Rune rune))
            {
                i++;
                continue;
            }
            string mapped = map(value, i, rune);
            int length = rune.Utf16SequenceLength;
            if (!value.AsSpan(i, length).SequenceEqual(mapped))
            {
                builder.Append(text, plain, i).Append(mapped, text.IsOutside(i));
                plain = i + length;
            }
            i += length;
        }
        return plain == 0 ? text : builder.Append(text, plain, value.Length).ToText(text.IsMarkup);
    }
}
