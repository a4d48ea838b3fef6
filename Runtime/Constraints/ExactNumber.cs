using System;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Constraints;

/// <summary>An exact decimal number: mantissa · 10^exponent.</summary>
internal readonly struct ExactNumber : IComparable<ExactNumber>
{
    private const int MostExponent = 4000;

    public ExactNumber(BigInteger mantissa, int exponent)
    {
        // Without trailing zeros, so that equals are the same.
        while (!mantissa.IsZero && exponent < 0 && (mantissa % 10).IsZero)
        {
            mantissa /= 10;
            exponent++;
        }
        Mantissa = mantissa;
        Exponent = mantissa.IsZero ? 0 : exponent;
    }

    public BigInteger Mantissa { get; }

    public int Exponent { get; }

    public bool IsInteger => Exponent >= 0;

    /// <summary>Reads a number as JSON writes it.</summary>
    public static ExactNumber Parse(ReadOnlySpan<char> text)
    {
        int e = text.IndexOfAny('e', 'E');
        int exponent = 0;
        if (e >= 0)
        {
            if (!int.TryParse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                || Math.Abs(exponent) > MostExponent)
            {
                throw new ConstraintException("a number beyond reason", $"the number {text} has an exponent beyond {MostExponent}");
            }

            text = text[..e];
        }
        int point = text.IndexOf('.');
        string digits = point < 0 ? text.ToString() : string.Concat(text[..point], text[(point + 1)..]);
        if (point >= 0)
            exponent -= text.Length - point - 1;
        return new ExactNumber(BigInteger.Parse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture), exponent);
    }

    /// <summary>Whether another number goes into it.</summary>
    public bool IsMultipleOf(ExactNumber divisor)
    {
        int exponent = Math.Min(Exponent, divisor.Exponent);
        return (Raised(exponent) % divisor.Raised(exponent)).IsZero;
    }

    public int CompareTo(ExactNumber other)
    {
        int least = Math.Min(Exponent, other.Exponent);
        return Raised(least).CompareTo(other.Raised(least));
    }

    /// <summary>The mantissa at a lower exponent.</summary>
    public BigInteger Raised(int exponent) => exponent == Exponent ? Mantissa : Mantissa * BigInteger.Pow(10, Exponent - exponent);
}
