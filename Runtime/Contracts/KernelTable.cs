using System;
using System.ComponentModel;

namespace Llamalith.Contracts;

/// <summary>The choices of an engine, one for each weight format; its matrices point into it. Not for use by hand.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed unsafe class KernelTable
{
    private readonly TensorType[] _formats;
    private readonly KernelChoice[] _choices;

    internal KernelTable(ReadOnlySpan<TensorType> formats)
    {
        _formats = formats.ToArray();
        _choices = GC.AllocateArray<KernelChoice>(formats.Length, pinned: true);
    }

    /// <summary>Whether the weights lie in a file that is read as it is used: measuring would wait for the disk.</summary>
    internal bool IsMapped { get; init; }

    /// <summary>The choice for a format that kernels were emitted for, valid as long as the table is.</summary>
    internal KernelChoice* this[TensorType format]
    {
        get
        {
            int index = Array.IndexOf(_formats, format);
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(format));
            fixed (KernelChoice* choice = &_choices[index])
                return choice;
        }
    }
}
