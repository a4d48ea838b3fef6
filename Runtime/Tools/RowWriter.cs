using System;
using System.IO;
using System.Runtime.ExceptionServices;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Tools;

/// <summary>Makes rows [<paramref name="begin"/>, <paramref name="end"/>); called from several threads at once.</summary>
internal delegate void RowMaker(long begin, long end, Span<byte> destination);

/// <summary>Streams tensors: some rows are made by all threads, then written, then the next, so that memory stays small.</summary>
internal sealed class RowWriter(int threads, long totalBytes, IProgress<double>? progress, CancellationToken cancellation)
{
    private const int BatchBytes = 8 << 20;

    // A few more parts than threads, so that a thread that was kept waiting does not keep the others.
    private readonly int _parts = 4 * Math.Max(1, threads);
    private byte[] _buffer = [];
    private long _done;

    /// <summary>Writes all rows of a tensor.</summary>
    /// <exception cref="OperationCanceledException">The user asked for it.</exception>
    public void Write(Stream stream, long rows, long rowBytes, RowMaker make)
    {
        long batch = Math.Clamp(BatchBytes / rowBytes, 1, rows);
        if (_buffer.Length < batch * rowBytes)
            _buffer = new byte[checked((int)(batch * rowBytes))];
        for (long begin = 0; begin < rows; begin += batch)
        {
            long count = Math.Min(batch, rows - begin);
            Make(begin, count, rowBytes, make);
            stream.Write(_buffer, 0, (int)(count * rowBytes));
            _done += count * rowBytes;
            progress?.Report((double)_done / totalBytes);
        }
    }

    private void Make(long begin, long count, long rowBytes, RowMaker make)
    {
        long parts = Math.Min(_parts, count);
        ParallelOptions options = new() { MaxDegreeOfParallelism = Math.Max(1, threads), CancellationToken = cancellation };
        try
        {
            Parallel.For(0, parts, options, part =>
            {
                long from = count * part / parts, to = count * (part + 1) / parts;
                make(begin + from, begin + to, _buffer.AsSpan((int)(from * rowBytes), (int)((to - from) * rowBytes)));
            });
        }
        catch (AggregateException e)
        {
            // One bad row is enough to say what is wrong, in its own words.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
