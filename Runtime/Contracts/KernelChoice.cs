using System.ComponentModel;

namespace Llamalith.Contracts;

/// <summary>
/// Which of an engine's kernels multiply matrices of a format, and what these are told. All give the same bits. Not for use by hand.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public struct KernelChoice
{
    /// <summary>The number of the kernels that multiply by one token.</summary>
    public int MatVec;

    /// <summary>Bytes ahead at which these ask for lines, into the second-level cache.</summary>
    public nint Far;

    /// <summary>Bytes ahead at which these ask for lines, into the first-level cache.</summary>
    public nint Near;

    /// <summary>The number of the kernels that multiply by many tokens.</summary>
    public int MatMul;

    /// <summary>Tokens that a panel passes over at once.</summary>
    public int TokenBlock;
}
