using System;

namespace Llamalith.Contracts;

/// <summary>
/// Sine and cosine by double arithmetic alone, which is the same everywhere: C libraries differ in the last bit, and the tables of rotary
/// embeddings are part of what must be the same bits on every machine.
/// </summary>
public static class RotaryAngle
{
    // Pi / 2 in three parts, of which the first two have 33 bits: multiples up to 2^20 of them are exact.
    private const double First = 1.5707963267341256;
    private const double Second = 6.077100506303966E-11;
    private const double Third = 2.0222662487959506E-21;

    /// <summary>The sine and the cosine of an angle, to a few units of the last bit.</summary>
    /// <param name="radians">At least 0. Above some 1.6 million, digits are lost.</param>
    public static (double Sin, double Cos) SinCos(double radians)
    {
        double quarters = Math.Round(radians * (2 / Math.PI));
        double rest = radians - (quarters * First) - (quarters * Second) - (quarters * Third);
        double square = rest * rest;
        double sin = rest + (rest * square * Series(SinTerms, square));
        double cos = 1 + (square * Series(CosTerms, square));
        return ((long)quarters & 3) switch
        {
            0 => (sin, cos),
            1 => (cos, -sin),
            2 => (-sin, -cos),
            _ => (-cos, sin),
        };
    }

    // (sin(x) - x) / x³ and (cos(x) - 1) / x² in powers of x², for x in [-pi / 4, pi / 4]: what follows is below 1e-19. Factorials are
    // exact.
    private static ReadOnlySpan<double> SinTerms =>
    [
        -1.0 / 6, 1.0 / 120, -1.0 / 5040, 1.0 / 362880, -1.0 / 39916800, 1.0 / 6227020800, -1.0 / 1307674368000, 1.0 / 355687428096000,
    ];

    private static ReadOnlySpan<double> CosTerms =>
    [
        -1.0 / 2, 1.0 / 24, -1.0 / 720, 1.0 / 40320, -1.0 / 3628800, 1.0 / 479001600, -1.0 / 87178291200, 1.0 / 20922789888000,
        -1.0 / 6402373705728000,
    ];

    private static double Series(ReadOnlySpan<double> terms, double x)
    {
        double sum = 0;
        for (int i = terms.Length - 1; i >= 0; i--)
            sum = (sum * x) + terms[i];
        return sum;
    }
}
