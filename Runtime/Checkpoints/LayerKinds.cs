using System;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Checkpoints;

/// <summary>How layers differ, as <see cref="ModelShape.LayerPattern"/> says it.</summary>
internal static class LayerKinds
{
    /// <summary>With the window; without it; without rotary embedding, too.</summary>
    public const char Local = 'L', Global = 'G', Unrotated = 'N';

    /// <summary>The shortest pattern that gives each layer its kind.</summary>
    public static string Shortest(ReadOnlySpan<char> kinds)
    {
        for (int period = 1; period < kinds.Length; period++)
        {
            if (kinds[period..].SequenceEqual(kinds[..^period]))
                return kinds[..period].ToString();
        }

        return kinds.ToString();
    }

    /// <summary>The kinds of so many layers, every so many of them of another one.</summary>
    public static string Every(int period, int layers, char usual, char other) =>
        string.Create(layers, (period, usual, other), static (kinds, all) =>
        {
            for (int i = 0; i < kinds.Length; i++)
                kinds[i] = (i + 1) % all.period == 0 ? all.other : all.usual;
        });

    /// <summary>The shape as models of its kind say it: no pattern where all layers are alike, no window where none has it.</summary>
    public static ModelShape Plain(ModelShape shape)
    {
        if (shape.LayerPattern is not { Length: > 0 } pattern)
            return shape;
        bool isLocal = pattern.Contains(Local, StringComparison.Ordinal);
        if (!isLocal)
            shape = shape.WithoutWindow() with { RopeThetaLocal = null };
        return pattern.Distinct().Count() == 1 && pattern[0] != Unrotated ? shape with { LayerPattern = null, RopeThetaLocal = null } : shape;
    }
}
