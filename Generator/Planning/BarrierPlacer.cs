using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Planning;

/// <summary>
/// Says where threads must meet between steps, as seldom as correctness allows. Since the last barrier, a buffer may have been written by
/// other threads (then only the thread's own share may be read) or read by them (then it may not be overwritten under their eyes).
/// </summary>
/// <typeparam name="TBuffer">What names a buffer.</typeparam>
internal sealed class BarrierPlacer<TBuffer>
    where TBuffer : notnull
{
    private readonly Dictionary<TBuffer, Split> _written = [];
    private readonly Dictionary<TBuffer, Split> _read = [];

    /// <summary>Adds a step, and returns whether it needs a barrier before it.</summary>
    public bool Add(IReadOnlyList<TBuffer> reads, IReadOnlyList<TBuffer> writes, Split split)
    {
        bool barrier = reads.Any(buffer => ReadIsUnsafe(buffer, split)) || writes.Any(buffer => WriteIsUnsafe(buffer, split));
        if (barrier)
        {
            _written.Clear();
            _read.Clear();
        }

        foreach (TBuffer buffer in reads)
        {
            // Of several readers, the one that reads what others write is remembered.
            if (!_read.TryGetValue(buffer, out Split before) || before != Split.Rows)
                _read[buffer] = split;
        }

        foreach (TBuffer buffer in writes)
        {
            // A replicated step writes memory that each thread has to itself.
            if (split == Split.Replicated)
                _written.Remove(buffer);
            else
                _written[buffer] = split;
        }

        return barrier;
    }

    // Rows read their whole input; the other splits read what the same split wrote.
    private bool ReadIsUnsafe(TBuffer buffer, Split split) =>
        _written.TryGetValue(buffer, out Split writer) && (writer != split || split == Split.Rows);

    private bool WriteIsUnsafe(TBuffer buffer, Split split) =>
        split != Split.Replicated && _read.TryGetValue(buffer, out Split reader) && (reader != split || split == Split.Rows);
}
