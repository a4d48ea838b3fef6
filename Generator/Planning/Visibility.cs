using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>
/// What a position sees: itself and what came before, all of it or the last <see cref="Window"/> positions (Beltagy et al., arXiv
/// 2004.05150). Inference and training ask here, and nothing else knows.
/// </summary>
/// <param name="Window">Positions that one position sees, itself included; null for all.</param>
/// <param name="IsMixed">Whether some layers see all of it nonetheless.</param>
internal sealed record Visibility(int? Window, bool IsMixed = false)
{
    public static Visibility Of(ModelSpec spec)
    {
        bool hasWindow = spec.SlidingWindow > 0 && spec.SlidingWindow < spec.Context
            && (spec.LayerPattern.Length == 0 || spec.LayerPattern.IndexOf('L') >= 0);
        return new(hasWindow ? spec.SlidingWindow : null, hasWindow && spec.LayerPattern.Trim('L').Length > 0);
    }

    /// <summary>Whether earlier positions go out of sight, so that whole stretches of a block may be masked.</summary>
    public bool Forgets => Window is not null;
}
