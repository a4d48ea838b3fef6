using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// Finds the real-valued scale (and offset) with which codes of a few bits rebuild a block best, for the eight blocks of a
/// <see cref="Panel"/> at once: weighted least squares. Each candidate scale assigns every element its nearest code; given the codes
/// the best scale has a closed form; the candidate with the smallest error wins, and is then polished by alternating the two steps.
/// </summary>
/// <remarks>Inputs are normalised (magnitudes below 2), so nothing here overflows.</remarks>
internal static unsafe class ScaleSearch
{
    private const int Polish = 2;

    /// <summary>
    /// x ≈ scale · code with codes in [-levels, levels - 1]. The scale may be negative: the side that reaches farther gets the extra code.
    /// </summary>
    public static Vector256<float> Symmetric(float* x, float* weights, int length, int levels)
    {
        Vector256<float> extreme = default, magnitude = default;
        for (int i = 0; i < length; i++)
        {
            Vector256<float> value = Vector256.Load(x + i * Panel.Lanes);
            Vector256<float> larger = Vector256.GreaterThan(Vector256.Abs(value), magnitude);
            extreme = Vector256.ConditionalSelect(larger, value, extreme);
            magnitude = Vector256.MaxNative(magnitude, Vector256.Abs(value));
        }

        // The plain choice, the extreme on the last code, is the one to beat.
        Vector256<float> scale = extreme / -levels, gain = default;
        Vector256<float> unit = Panel.Reciprocal(-extreme);
        for (int step = -9; step <= 9; step++)
            TrySymmetric(x, weights, length, levels, unit * (levels + 0.1f * step), ref scale, ref gain);
        for (int step = 0; step < Polish; step++)
            TrySymmetric(x, weights, length, levels, Panel.Reciprocal(scale), ref scale, ref gain);
        return scale;
    }

    private static void TrySymmetric(
        float* x, float* weights, int length, int levels, Vector256<float> inverse, ref Vector256<float> scale, ref Vector256<float> gain)
    {
        Vector256<float> lowest = Vector256.Create((float)-levels), highest = Vector256.Create(levels - 1f);
        Vector256<float> cross = default, squares = default;
        for (int i = 0; i < length; i++)
        {
            Vector256<float> value = Vector256.Load(x + i * Panel.Lanes);
            Vector256<float> code = Vector256.MinNative(Vector256.MaxNative(Vector256.Round(value * inverse), lowest), highest);
            Vector256<float> weighted = Vector256.Load(weights + i * Panel.Lanes) * code;
            cross += weighted * value;
            squares += weighted * code;
        }

        // Error = Σwx² - gain.
        Vector256<float> found = cross * Panel.Reciprocal(squares);
        Vector256<float> reached = cross * found;
        Vector256<float> better = Vector256.GreaterThan(reached, gain);
        scale = Vector256.ConditionalSelect(better, found, scale);
        gain = Vector256.ConditionalSelect(better, reached, gain);
    }

    /// <summary>
    /// x ≈ scale · code + offset with codes in [0, levels] and scale ≥ 0; with <paramref name="belowZero"/> the offset is at most 0.
    /// </summary>
    public static Vector256<float> Affine(float* x, float* weights, int length, int levels, bool belowZero, out Vector256<float> offset)
    {
        Vector256<float> lowest = Vector256.Create(float.MaxValue), highest = Vector256.Create(float.MinValue);
        Vector256<float> sum = default, weight = default;
        for (int i = 0; i < length; i++)
        {
            Vector256<float> value = Vector256.Load(x + i * Panel.Lanes), w = Vector256.Load(weights + i * Panel.Lanes);
            lowest = Vector256.MinNative(lowest, value);
            highest = Vector256.MaxNative(highest, value);
            sum += w * value;
            weight += w;
        }

        if (belowZero)
            lowest = Vector256.MinNative(lowest, Vector256<float>.Zero);

        Vector256<float> range = Vector256.MaxNative(highest - lowest, Vector256<float>.Zero);
        Vector256<float> unit = Panel.Reciprocal(range);
        AffineFit fit = new(range / levels, lowest, sum, weight, belowZero);
        for (int step = -10; step <= 10; step++)
            fit.Try(x, weights, length, levels, unit * (levels + 0.1f * step), lowest);
        for (int step = 0; step < Polish; step++)
            fit.Try(x, weights, length, levels, Panel.Reciprocal(fit.Scale), fit.Offset);
        offset = fit.Offset;
        return fit.Scale;
    }

    /// <summary>The best scale and offset so far.</summary>
    private struct AffineFit(Vector256<float> scale, Vector256<float> offset, Vector256<float> sum, Vector256<float> weight, bool belowZero)
    {
        private Vector256<float> _gain = Vector256.Create(float.MinValue);

        public Vector256<float> Scale { get; private set; } = scale;

        public Vector256<float> Offset { get; private set; } = offset;

        public void Try(float* x, float* weights, int length, int levels, Vector256<float> inverse, Vector256<float> from)
        {
            Vector256<float> highest = Vector256.Create((float)levels);
            Vector256<float> codes = default, squares = default, cross = default;
            for (int i = 0; i < length; i++)
            {
                Vector256<float> value = Vector256.Load(x + i * Panel.Lanes);
                Vector256<float> code = Vector256.Round((value - from) * inverse);
                code = Vector256.MinNative(Vector256.MaxNative(code, Vector256<float>.Zero), highest);
                Vector256<float> weighted = Vector256.Load(weights + i * Panel.Lanes) * code;
                codes += weighted;
                squares += weighted * code;
                cross += weighted * value;
            }

            // The normal equations. Where the codes are all but alike their solution is noise: then the offset is 0 instead, as
            // it is where it may not be above.
            Vector256<float> determinant = weight * squares - codes * codes;
            Vector256<float> inverseDeterminant = Panel.Reciprocal(determinant);
            Vector256<float> scaleFound = (weight * cross - sum * codes) * inverseDeterminant;
            Vector256<float> offsetFound = (squares * sum - codes * cross) * inverseDeterminant;
            Vector256<float> without = Vector256.LessThanOrEqual(determinant, weight * squares * 1e-5f);
            if (belowZero)
                without |= Vector256.GreaterThan(offsetFound, Vector256<float>.Zero);
            scaleFound = Vector256.ConditionalSelect(without, cross * Panel.Reciprocal(squares), scaleFound);
            offsetFound = Vector256.AndNot(offsetFound, without);

            // Error = Σwx² - gain, at any solution of the equations.
            Vector256<float> reached = scaleFound * cross + offsetFound * sum;
            Vector256<float> better = Vector256.GreaterThan(reached, _gain) & Vector256.GreaterThan(scaleFound, Vector256<float>.Zero);
            Scale = Vector256.ConditionalSelect(better, scaleFound, Scale);
            Offset = Vector256.ConditionalSelect(better, offsetFound, Offset);
            _gain = Vector256.ConditionalSelect(better, reached, _gain);
        }
    }
}
