using System;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Llamalith.Quantization;

/// <summary>
/// Chooses a super-block's scale codes for x ≈ scale · scaleCode[b] · code over 16 sub-blocks b of 16 elements, with code in [-levels,
/// levels - 1] and scaleCode in [-scaleLevels, scaleLevels - 1]. The real scales of <see cref="ScaleSearch"/> are rounded to codes; then
/// each sub-block tries the neighbouring codes, and the shared scale is refitted to all elements by least squares, while the error falls.
/// </summary>
internal unsafe ref struct SymmetricSuperBlock
{
    private const int Length = 16, SubBlocks = SuperBlock.MaxSubBlocks, Groups = SubBlocks / Panel.Lanes;

    private float* _x, _weights;
    private int _levels, _scaleLevels;

    /// <summary>Fits the scale codes; returns the bits of the half-precision scale.</summary>
    [SkipLocalsInit]
    public static ushort Fit(float* source, int levels, int scaleLevels, sbyte* scaleCodes)
    {
        float* x = stackalloc float[SuperBlock.Elements];
        float* weights = stackalloc float[SuperBlock.Elements];
        float* codes = stackalloc float[SubBlocks];
        float* trial = stackalloc float[SubBlocks];
        float normalizer = SuperBlock.Load(source, Length, x, weights);
        SymmetricSuperBlock search = new() { _x = x, _weights = weights, _levels = levels, _scaleLevels = scaleLevels };

        ushort best = search.Start(codes, normalizer, out float scale);
        float error = search.Improve(codes, scale, out float refitted);
        for (int i = 0; i < SuperBlock.Refits; i++)
        {
            ushort bits = SuperBlock.Half(refitted, normalizer, out scale);
            if (bits == best)
                break;
            Copy(codes, trial);
            float reached = search.Improve(trial, scale, out refitted);
            if (!(reached < error))
                break;
            (best, error) = (bits, reached);
            Copy(trial, codes);
        }

        for (int b = 0; b < SubBlocks; b++)
            scaleCodes[b] = (sbyte)codes[b];
        return best;
    }

    private static void Copy(float* from, float* to) => new ReadOnlySpan<float>(from, SubBlocks).CopyTo(new Span<float>(to, SubBlocks));

    /// <summary>The sub-blocks' own best scales as codes of a shared scale that puts the largest on the last code.</summary>
    private readonly ushort Start(float* codes, float normalizer, out float scale)
    {
        for (int g = 0; g < Groups; g++)
        {
            ScaleSearch.Symmetric(SuperBlock.Group(_x, g, Length), SuperBlock.Group(_weights, g, Length), Length, _levels)
                .Store(codes + g * Panel.Lanes);
        }

        float extreme = 0;
        for (int b = 0; b < SubBlocks; b++)
        {
            if (Math.Abs(codes[b]) > Math.Abs(extreme))
                extreme = codes[b];
        }

        ushort bits = SuperBlock.HalfUp(-extreme / _scaleLevels, normalizer, out scale);
        float inverse = Codes.Reciprocal(scale);
        for (int g = 0; g < Groups; g++)
        {
            float* at = codes + g * Panel.Lanes;
            SuperBlock.Clamp(Vector256.Round(Vector256.Load(at) * inverse), -_scaleLevels, _scaleLevels - 1).Store(at);
        }

        return bits;
    }

    /// <summary>
    /// Moves each scale code to its best neighbour; returns the error then, and the shared scale that would suit these codes best.
    /// </summary>
    private readonly float Improve(float* codes, float scale, out float refitted)
    {
        Vector256<float> total = default, cross = default, squares = default;
        for (int g = 0; g < Groups; g++)
        {
            Vector256<float> centre = Vector256.Load(codes + g * Panel.Lanes);
            Vector256<float> best = centre, error = Vector256.Create(float.MaxValue), bestCross = default, bestSquares = default;
            for (int step = -1; step <= 1; step++)
            {
                Vector256<float> code = SuperBlock.Clamp(centre + Vector256.Create((float)step), -_scaleLevels, _scaleLevels - 1);
                Vector256<float> tried = Error(g, code * scale, out Vector256<float> c, out Vector256<float> s);
                Vector256<float> better = Vector256.LessThan(tried, error);
                error = Vector256.ConditionalSelect(better, tried, error);
                best = Vector256.ConditionalSelect(better, code, best);
                bestCross = Vector256.ConditionalSelect(better, c * code, bestCross);
                bestSquares = Vector256.ConditionalSelect(better, s * code * code, bestSquares);
            }

            best.Store(codes + g * Panel.Lanes);
            total += error;
            cross += bestCross;
            squares += bestSquares;
        }

        float sum = Panel.Sum(squares);
        refitted = sum > 0 ? Panel.Sum(cross) / sum : 0;
        return Panel.Sum(total);
    }

    /// <summary>Each sub-block's weighted squared error under a scale, with Σ w·x·code and Σ w·code².</summary>
    private readonly Vector256<float> Error(int group, Vector256<float> scale, out Vector256<float> cross, out Vector256<float> squares)
    {
        float* x = SuperBlock.Group(_x, group, Length);
        float* weights = SuperBlock.Group(_weights, group, Length);
        Vector256<float> inverse = Panel.Reciprocal(scale);
        Vector256<float> error = default, sumCross = default, sumSquares = default;
        for (int i = 0; i < Length; i++)
        {
            Vector256<float> value = Vector256.Load(x + i * Panel.Lanes), w = Vector256.Load(weights + i * Panel.Lanes);
            Vector256<float> code = SuperBlock.Clamp(Vector256.Round(value * inverse), -_levels, _levels - 1);
            Vector256<float> difference = value - scale * code;
            Vector256<float> weighted = w * code;
            error += w * difference * difference;
            sumCross += weighted * value;
            sumSquares += weighted * code;
        }

        cross = sumCross;
        squares = sumSquares;
        return error;
    }
}
