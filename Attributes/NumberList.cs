using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Llamalith;

/// <summary>Lists of numbers as texts: with commas between, in the invariant culture, each as short as a 32-bit float allows.</summary>
internal static class NumberList
{
    /// <summary>The numbers; null where the text is no such list.</summary>
    public static double[]? Parse(string text)
    {
        string[] parts = text.Split(',');
        double[] numbers = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]))
                return null;
        }

        return numbers;
    }

    /// <summary>The text of some numbers.</summary>
    public static string Text(IEnumerable<double> numbers) =>
        string.Join(",", numbers.Select(static number => ((float)number).ToString("R", CultureInfo.InvariantCulture)));
}
