using System.Globalization;
using System.Text;

namespace Llamalith.Mapping;

/// <summary>Text from an untrusted file as it may stand in a message: on one line, without control characters, not endless.</summary>
internal static class Shown
{
    private const int MostCharacters = 96;

    public static string Text(string text)
    {
        int clean = 0;
        while (clean < text.Length && clean < MostCharacters && IsPlain(text[clean]))
            clean++;
        if (clean == text.Length)
            return text;
        StringBuilder shown = new(text, 0, clean, MostCharacters * 2);
        for (int i = clean; i < text.Length; i++)
        {
            if (i >= MostCharacters)
                return shown.Append('…').ToString();
            if (IsPlain(text[i]))
                shown.Append(text[i]);
            else
                shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
        }

        return shown.ToString();
    }

    private static bool IsPlain(char c) => char.GetUnicodeCategory(c) is not
        (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);
}
