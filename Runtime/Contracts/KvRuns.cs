using System;

namespace Llamalith.Contracts;

/// <summary>Bytes of a cache that lie together.</summary>
/// <param name="Page">The page that they lie in.</param>
/// <param name="Offset">From its first byte on.</param>
/// <param name="Length">How many.</param>
internal readonly record struct KvRun(int Page, long Offset, int Length);

/// <summary>
/// Exactly the bytes of a cache's first positions, in an order of their own, which pages have no part in: block by block, head by head,
/// keys, scales, values. What lies between them belongs to positions that are not filled.
/// </summary>
/// <param name="layout">What the cache looks like.</param>
/// <param name="positions">So many positions.</param>
internal struct KvRuns(KvLayout layout, int positions)
{
    private readonly KvHeadLayout _head = layout.Head;
    private readonly int _heads = (int)(layout.PageBytes / layout.Head.Bytes);
    private int _page;
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
            if (++_inHead < _heads)
                continue;
            _inHead = 0;
            _page += layout.Pages(filled);
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
            return FoundKeys(run, 0, _head.KeyTileBytes);
        run -= tiles;
        if (rest > 0)
        {
            int rowBytes = _head.PositionTile * _head.ElementBytes;
            if (run < _head.HeadDim)
                return FoundKeys(tiles, (long)run * rowBytes, rest * _head.ElementBytes);
            run -= _head.HeadDim;
            if (_head.ScaleBytes > 0 && run-- == 0)
                return FoundKeys(tiles, (long)_head.HeadDim * rowBytes, rest * _head.ScaleBytes);
        }

        int pages = layout.Pages(filled), page = run % pages;
        int inPage = Math.Min(layout.PagePositions, filled - (page * layout.PagePositions));
        if (_head.ScaleBytes > 0)
        {
            if (run < pages)
                return Found(page, _head.ValuesOffset - ((long)layout.PagePositions * _head.ScaleBytes), inPage * _head.ScaleBytes);
            run -= pages;
        }

        int slice = run / pages, sliceBytes = _head.Slice * _head.ElementBytes;
        return slice < _head.HeadDim / _head.Slice
            && Found(page, _head.ValuesOffset + ((long)slice * layout.PagePositions * sliceBytes), inPage * sliceBytes);
    }

    private bool FoundKeys(int tile, long offset, int length)
    {
        int pageTiles = layout.PagePositions / _head.PositionTile;
        return Found(tile / pageTiles, ((long)(tile % pageTiles) * _head.KeyTileBytes) + offset, length);
    }

    private bool Found(int page, long offset, int length)
    {
        Current = new KvRun(_page + page, ((long)_inHead * _head.Bytes) + offset, length);
        return true;
    }
}
