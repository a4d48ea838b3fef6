using System.ComponentModel;

namespace Llamalith.Contracts;

/// <summary>An engine whose products can be run by themselves, to be measured. Not for use by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ITunable
{
    /// <summary>The kernels among which its products may choose.</summary>
    KernelVariants Variants { get; }

    /// <summary>
    /// A layer's matrix, by its place among <see cref="KernelVariants.Matrices"/>; the classifier's layer does not matter.
    /// </summary>
    PackedMatrix MatrixOf(int layer, int matrix);

    /// <summary>
    /// Multiplies some panels of a matrix, as a thread does in a pass; what lies in the buffers before and after means nothing.
    /// </summary>
    /// <param name="rank">The thread.</param>
    /// <param name="layer">The layer.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="tokens">1, or as many as there are rows to multiply by.</param>
    /// <param name="panels">Which panels.</param>
    void MultiplyOn(int rank, int layer, int matrix, int tokens, (int Begin, int End) panels);
}
