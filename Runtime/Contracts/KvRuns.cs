using System;

namespace Llamalith.Contracts;

/// <summary>Bytes of a cache that lie together.</summary>
/// <param name="Offset">From the first block on.</param>
/// <param name="Length">How many.</param>
internal readonly record struct KvRun(long Offset, int Length);

/// <summary>
/// Exactly the bytes of a cache's first positions, in an order of their own: block by block, head by head, keys, scales, values. What lies
/// between them belongs to positions that are not filled.
/// </summary>
/// <param name="layout">What the cache looks like.</param>
/// <param name="positions">So many positions.</param>
internal struct KvRuns(KvLayout layout, int positions)
{
    private readonly KvHeadLayout _head = layout.Head;
    private readonly int _heads = (int)(layout.BlockBytes / layout.Head.Bytes);
    private long _start;
    private int _left = positions;
    private int _inHead;
    private int _run;

    public KvRun Current { get; private set; }

    public readonly KvRuns GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_left > 0)
        {
            int filled = Math.Min(_left, layout.BlockPositions);
            if (Next(filled))
                return true;
            _run = 0;
            _start += _head.Bytes;
            if (++_inHead < _heads)
                continue;
            _inHead = 0;
            _left -= filled;
        }

        return false;
    }

    // The next run of a head in a block: whole tiles of keys; the last tile element by element, then its scales; scales of values; slices
    // of values.
    private bool Next(int filled)
    {
        int run = _run++, tiles = filled / _head.PositionTile, rest = filled % _head.PositionTile;
        if (run < tiles)
            return Found((long)run * _head.KeyTileBytes, _head.KeyTileBytes);
        run -= tiles;
        if (rest > 0)
        {
            long tile = (long)tiles * _head.KeyTileBytes, rowBytes = _head.PositionTile * _head.ElementBytes;
            if (run < _head.HeadDim)
                return Found(tile + (run * rowBytes), rest * _head.ElementBytes);
            run -= _head.HeadDim;
            if (_head.ScaleBytes > 0 && run-- == 0)
                return Found(tile + (_head.HeadDim * rowBytes), rest * _head.ScaleBytes);
        }

        if (_head.ScaleBytes > 0 && run-- == 0)
            return Found(_head.ValuesOffset - ((long)layout.BlockPositions * _head.ScaleBytes), filled * _head.ScaleBytes);
        int sliceBytes = _head.Slice * _head.ElementBytes;
        return run < _head.HeadDim / _head.Slice
            && Found(_head.ValuesOffset + ((long)run * layout.BlockPositions * sliceBytes), filled * sliceBytes);
    }

    private bool Found(long offset, int length)
    {
        Current = new KvRun(_start + offset, length);
        return true;
    }
}
