using System;
using System.Collections.Generic;
using System.Globalization;
using System.Runtime.InteropServices;
using Llamalith.Reference;

namespace Llamalith.KernelChecks;

/// <summary>The assertions, free of any test framework so that they run in an AOT executable too.</summary>
internal static class Expect
{
    public static void Close(ReadOnlySpan<float> actual, double[] expected, double bound, string what)
    {
        Equal(actual.Length, expected.Length, what + ": number of logits");
        double error = Accuracy.RelativeError(expected, actual);
        LargestError.Note(bound, error, what);
        if (!(error <= bound))
        {
            int at = FirstBeyond(actual, expected, bound);
            throw new CheckFailedException(Text(
                $"{what}: relative error {error:E2} is above {bound:E1}; logit {at} is {actual[at]:R}, expected {expected[at]:R}."));
        }
    }

    public static void Close(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, double bound, string what)
    {
        double[] widened = new double[expected.Length];
        for (int i = 0; i < widened.Length; i++)
            widened[i] = expected[i];
        Close(actual, widened, bound, what);
    }

    public static void Identical(ReadOnlySpan<float> actual, ReadOnlySpan<float> expected, string what)
    {
        Equal(actual.Length, expected.Length, what + ": number of logits");
        ReadOnlySpan<int> actualBits = MemoryMarshal.Cast<float, int>(actual), expectedBits = MemoryMarshal.Cast<float, int>(expected);
        int at = actualBits.CommonPrefixLength(expectedBits);
        if (at < actual.Length)
            throw new CheckFailedException(Text($"{what}: not the same bits; logit {at} is {actual[at]:R}, expected {expected[at]:R}."));
    }

    public static void Finite(ReadOnlySpan<float> actual, string what)
    {
        foreach (float value in actual)
            True(float.IsFinite(value), Text($"{what}: a logit is {value}."));
    }

    public static void Equal<T>(T actual, T expected, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(actual, expected))
            throw new CheckFailedException(Text($"{what}: {actual}, expected {expected}."));
    }

    public static void True(bool condition, string otherwise)
    {
        if (!condition)
            throw new CheckFailedException(otherwise);
    }

    public static TException Throws<TException>(Action action, string what)
        where TException : Exception
    {
        try
        {
            action();
        }
        catch (TException expected)
        {
            return expected;
        }
        catch (Exception other)
        {
            throw new CheckFailedException(
                $"{what}: {typeof(TException).Name} expected, but {other.GetType().Name} was thrown: {other.Message}", other);
        }

        throw new CheckFailedException($"{what}: {typeof(TException).Name} expected, but nothing was thrown.");
    }

    public static void Names(Exception exception, params string[] parts)
    {
        foreach (string part in parts)
        {
            True(
                exception.Message.Contains(part, StringComparison.OrdinalIgnoreCase),
                $"The message of {exception.GetType().Name} does not name '{part}': {exception.Message}");
        }
    }

    private static int FirstBeyond(ReadOnlySpan<float> actual, double[] expected, double bound)
    {
        double squares = 0;
        foreach (double value in expected)
            squares += value * value;
        double most = bound * Math.Sqrt(squares / expected.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(actual[i] - expected[i]) <= most))
                return i;
        }

        return 0;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
