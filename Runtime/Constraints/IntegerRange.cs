using System.Numerics;

namespace Llamalith.Constraints;

/// <summary>Limits that are integers of moderate size.</summary>
internal sealed class IntegerRange
{
    /// <summary>Numbers of more digits are not compared here.</summary>
    public const int MostDigits = 16;

    private const long Largest = 10_000_000_000_000_000;
    private readonly long? _least, _most;
    private readonly bool _leastIsOut, _mostIsOut;

    private IntegerRange(long? least, bool leastIsOut, long? most, bool mostIsOut) =>
        (_least, _leastIsOut, _most, _mostIsOut) = (least, leastIsOut, most, mostIsOut);

    /// <summary>Two limits, each of which may be missing; null where one is no integer, or very large.</summary>
    public static IntegerRange? Of(ExactNumber? least, bool leastIsOut, ExactNumber? most, bool mostIsOut) =>
        TryTake(least, out long? low) && TryTake(most, out long? high) ? new IntegerRange(low, leastIsOut, high, mostIsOut) : null;

    /// <summary>
    /// Whether a number within them begins with some digits, which may be followed by more, and by a fraction where not only integers
    /// count.
    /// </summary>
    public bool Reaches(long value, bool isNegative, bool integersOnly)
    {
        for (long unit = 1; ; unit *= 10)
        {
            // From a up to, but not at, b; zero takes no more digits.
            long a = value * unit, b = (value + 1) * unit;
            if (integersOnly ? HasInteger(isNegative ? 1 - b : a, isNegative ? -a : b - 1) : HasAny(a, b, isNegative))
                return true;
            if (value == 0)
                return false;

            // Beyond all limits nothing changes any more.
            if (b > Largest)
                return isNegative ? _least is null : _most is null;
        }
    }

    private bool HasInteger(long from, long to)
    {
        // A limit that is out leaves the next integer.
        long low = _least is { } least ? long.Max(from, _leastIsOut ? least + 1 : least) : from;
        long high = _most is { } most ? long.Min(to, _mostIsOut ? most - 1 : most) : to;
        return low <= high;
    }

    private bool HasAny(long a, long b, bool isNegative)
    {
        if (isNegative)
            return (_least is not { } least || -a > least || (-a == least && !_leastIsOut)) && (_most is not { } most || -b < most);
        return (_most is not { } top || a < top || (a == top && !_mostIsOut)) && (_least is not { } bottom || b > bottom);
    }

    private static bool TryTake(ExactNumber? number, out long? value)
    {
        value = null;
        if (number is not { } limit)
            return true;
        if (!limit.IsInteger || limit.Exponent > MostDigits)
            return false;
        BigInteger whole = limit.Raised(0);
        if (BigInteger.Abs(whole) >= Largest)
            return false;
        value = (long)whole;
        return true;
    }
}
