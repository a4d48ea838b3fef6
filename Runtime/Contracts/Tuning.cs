namespace Llamalith.Contracts;

/// <summary>
/// Whether a load finds out which of an engine's kernels are the fastest here. It changes no result: all kernels give the same bits.
/// </summary>
public enum Tuning
{
    /// <summary>
    /// What an earlier load measured on this machine is used. Where there is nothing, it is measured if that is lost in the load: code is
    /// compiled as it runs, and the weights of a format are 32 MiB or more and are packed, not mapped. It takes at most some 30 ms, and
    /// what it found is kept (<see cref="LoadOptions.KernelFolder"/>).
    /// </summary>
    Automatic,

    /// <summary>Nothing is measured, and no file is read or written. Kernels are those that the class was compiled to prefer.</summary>
    Never,

    /// <summary>It is measured at this load, at leisure (some tenths of a second), whatever is known; what it found is kept.</summary>
    Always,
}
