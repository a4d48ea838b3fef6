using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>
/// What a position sees: itself and what came before, all of it or the last <see cref="Window"/> positions (Beltagy et al., arXiv
/// 2004.05150). Inference and training ask here, and nothing else knows.
/// </summary>
/// <param name="Window">Positions that one position sees, itself included; null for all.</param>
internal sealed record Visibility(int? Window)
{
    public static Visibility Of(ModelSpec spec) =>
        new(spec.SlidingWindow > 0 && spec.SlidingWindow < spec.Context ? spec.SlidingWindow : null);

    /// <summary>Whether earlier positions go out of sight, so that whole stretches of a block may be masked.</summary>
    public bool Forgets => Window is not null;
}
