using System;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// Chooses a super-block's scale and minimum codes for x ≈ scale · scaleCode[b] · code - minimum · minimumCode[b] over sub-blocks b of 16
/// or 32 elements, with code in [0, levels] and the sub-blocks' codes in [0, codeLevels]. The real scales and offsets of
/// <see cref="ScaleSearch"/> are rounded to codes; then each sub-block tries the neighbouring pairs of codes, and the two shared factors
/// are refitted to all elements by least squares, while the error falls.
/// </summary>
internal unsafe ref struct AffineSuperBlock
{
    private float* _x, _weights;
    private int _length, _groups, _levels, _codeLevels;

    /// <summary>Fits the codes; returns the bits of the two half-precision factors.</summary>
    [SkipLocalsInit]
    public static (ushort Scale, ushort Minimum) Fit(
        float* source, int length, int levels, int codeLevels, byte* scaleCodes, byte* minimumCodes)
    {
        Debug.Assert(length is 16 or 32);
        int subBlocks = SuperBlock.Elements / length;
        float* x = stackalloc float[SuperBlock.Elements];
        float* weights = stackalloc float[SuperBlock.Elements];
        float* codes = stackalloc float[2 * SuperBlock.MaxSubBlocks];
        float* trial = stackalloc float[2 * SuperBlock.MaxSubBlocks];
        float normalizer = SuperBlock.Load(source, length, x, weights);
        AffineSuperBlock search = new()
        {
            _x = x,
            _weights = weights,
            _length = length,
            _groups = subBlocks / Panel.Lanes,
            _levels = levels,
            _codeLevels = codeLevels,
        };

        (ushort, ushort) best = search.Start(codes, normalizer, out float scale, out float minimum);
        float error = search.Improve(codes, scale, minimum, out float refittedScale, out float refittedMinimum);
        for (int i = 0; i < SuperBlock.Refits; i++)
        {
            (ushort, ushort) bits = (
                SuperBlock.Half(refittedScale, normalizer, out scale), SuperBlock.Half(refittedMinimum, normalizer, out minimum));
            if (bits == best)
                break;
            Copy(codes, trial);
            float reached = search.Improve(trial, scale, minimum, out refittedScale, out refittedMinimum);
            if (!(reached < error))
                break;
            (best, error) = (bits, reached);
            Copy(trial, codes);
        }

        for (int b = 0; b < subBlocks; b++)
        {
            scaleCodes[b] = (byte)codes[b];
            minimumCodes[b] = (byte)Minima(codes)[b];
        }

        return best;
    }

    // Scale codes come first, minimum codes in the second half.
    private static float* Minima(float* codes) => codes + SuperBlock.MaxSubBlocks;

    private static void Copy(float* from, float* to) =>
        new ReadOnlySpan<float>(from, 2 * SuperBlock.MaxSubBlocks).CopyTo(new Span<float>(to, 2 * SuperBlock.MaxSubBlocks));

    /// <summary>The sub-blocks' own best scales and offsets as codes of shared factors that put the largest on the last code.</summary>
    private readonly (ushort Scale, ushort Minimum) Start(float* codes, float normalizer, out float scale, out float minimum)
    {
        Vector256<float> largestScale = default, largestMinimum = default;
        for (int g = 0; g < _groups; g++)
        {
            Vector256<float> fitted = ScaleSearch.Affine(
                SuperBlock.Group(_x, g, _length), SuperBlock.Group(_weights, g, _length), _length, _levels, belowZero: true,
                out Vector256<float> offset);
            largestScale = Vector256.MaxNative(largestScale, fitted);
            largestMinimum = Vector256.MaxNative(largestMinimum, -offset);
            fitted.Store(codes + g * Panel.Lanes);
            (-offset).Store(Minima(codes) + g * Panel.Lanes);
        }

        ushort scaleBits = SuperBlock.HalfUp(Panel.Max(largestScale) / _codeLevels, normalizer, out scale);
        ushort minimumBits = SuperBlock.HalfUp(Panel.Max(largestMinimum) / _codeLevels, normalizer, out minimum);
        float inverseScale = Codes.Reciprocal(scale), inverseMinimum = Codes.Reciprocal(minimum);
        for (int g = 0; g < _groups; g++)
        {
            float* at = codes + g * Panel.Lanes;
            SuperBlock.Clamp(Vector256.Round(Vector256.Load(at) * inverseScale), 0, _codeLevels).Store(at);
            SuperBlock.Clamp(Vector256.Round(Vector256.Load(Minima(at)) * inverseMinimum), 0, _codeLevels).Store(Minima(at));
        }

        return (scaleBits, minimumBits);
    }

    /// <summary>
    /// Moves each pair of codes to its best neighbour; returns the error then, and the shared factors that would suit these codes best.
    /// </summary>
    private readonly float Improve(float* codes, float scale, float minimum, out float refittedScale, out float refittedMinimum)
    {
        Vector256<float> total = default;
        Normal normal = default;
        for (int g = 0; g < _groups; g++)
        {
            float* at = codes + g * Panel.Lanes;
            Vector256<float> scaleCentre = Vector256.Load(at), minimumCentre = Vector256.Load(Minima(at));
            Vector256<float> bestScale = scaleCentre, bestMinimum = minimumCentre, error = Vector256.Create(float.MaxValue);
            for (int i = -1; i <= 1; i++)
            {
                Vector256<float> scaleCode = SuperBlock.Clamp(scaleCentre + Vector256.Create((float)i), 0, _codeLevels);
                for (int j = -1; j <= 1; j++)
                {
                    Vector256<float> minimumCode = SuperBlock.Clamp(minimumCentre + Vector256.Create((float)j), 0, _codeLevels);
                    Vector256<float> tried = Error(g, scaleCode * scale, minimumCode * minimum);
                    Vector256<float> better = Vector256.LessThan(tried, error);
                    error = Vector256.ConditionalSelect(better, tried, error);
                    bestScale = Vector256.ConditionalSelect(better, scaleCode, bestScale);
                    bestMinimum = Vector256.ConditionalSelect(better, minimumCode, bestMinimum);
                }
            }

            bestScale.Store(at);
            bestMinimum.Store(Minima(at));
            total += error;
            Accumulate(ref normal, g, bestScale, bestMinimum, scale, minimum);
        }

        normal.Solve(out refittedScale, out refittedMinimum);
        return Panel.Sum(total);
    }

    /// <summary>Each sub-block's weighted squared error under a scale and a minimum.</summary>
    private readonly Vector256<float> Error(int group, Vector256<float> scale, Vector256<float> minimum)
    {
        float* x = SuperBlock.Group(_x, group, _length);
        float* weights = SuperBlock.Group(_weights, group, _length);
        Vector256<float> inverse = Panel.Reciprocal(scale), error = default;
        for (int i = 0; i < _length; i++)
        {
            Vector256<float> value = Vector256.Load(x + i * Panel.Lanes) + minimum;
            Vector256<float> difference = value - scale * SuperBlock.Clamp(Vector256.Round(value * inverse), 0, _levels);
            error += Vector256.Load(weights + i * Panel.Lanes) * difference * difference;
        }

        return error;
    }

    private readonly void Accumulate(
        ref Normal normal, int group, Vector256<float> scaleCode, Vector256<float> minimumCode, float scale, float minimum)
    {
        float* x = SuperBlock.Group(_x, group, _length);
        float* weights = SuperBlock.Group(_weights, group, _length);
        Vector256<float> inverse = Panel.Reciprocal(scaleCode * scale), offset = minimumCode * minimum;
        Normal sum = normal;
        for (int i = 0; i < _length; i++)
        {
            Vector256<float> value = Vector256.Load(x + i * Panel.Lanes), w = Vector256.Load(weights + i * Panel.Lanes);
            Vector256<float> code = SuperBlock.Clamp(Vector256.Round((value + offset) * inverse), 0, _levels);
            sum.Add(w, scaleCode * code, minimumCode, value);
        }

        normal = sum;
    }

    /// <summary>The normal equations of x ≈ scale · a - minimum · b, summed lane by lane.</summary>
    private struct Normal
    {
        private Vector256<float> _aa, _ab, _bb, _ax, _bx;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(Vector256<float> w, Vector256<float> a, Vector256<float> b, Vector256<float> x)
        {
            Vector256<float> wa = w * a, wb = w * b;
            _aa += wa * a;
            _ab += wa * b;
            _bb += wb * b;
            _ax += wa * x;
            _bx += wb * x;
        }

        /// <summary>The solution, neither part below 0; where the two are all but proportional the minimum is 0.</summary>
        public readonly void Solve(out float scale, out float minimum)
        {
            double aa = Panel.Sum(_aa), ab = Panel.Sum(_ab), bb = Panel.Sum(_bb), ax = Panel.Sum(_ax), bx = Panel.Sum(_bx);
            double determinant = aa * bb - ab * ab;
            if (determinant > 1e-5 * aa * bb)
            {
                scale = (float)Math.Max((ax * bb - ab * bx) / determinant, 0);
                minimum = (float)Math.Max((ab * ax - aa * bx) / determinant, 0);
            }
            else
            {
                scale = aa > 0 ? (float)Math.Max(ax / aa, 0) : 0;
                minimum = 0;
            }
        }
    }
}
