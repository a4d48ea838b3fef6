using System;
using System.Globalization;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>
/// The pages that the conversations of a model are kept in: taken as positions are filled, counted, shared by those that begin alike, and
/// no more than a budget. Safe to share between threads. Pages outlive the pool's closing until whoever holds them returns them.
/// </summary>
internal sealed class KvPool
{
    // Pages are allocated together up to so many bytes; and so much is kept of what nobody uses, since conversations come and go.
    private const long SlabBytes = 8 << 20;
    private const long KeptBytes = 64 << 20;

    private readonly Lock _lock = new();
    private readonly KvLayout _layout;
    private readonly long _bytes;
    private readonly int _most;
    private readonly int _slabPages;
    private KvSlab? _open;
    private int _allocated;
    private bool _closed;

    /// <summary>A pool without memory.</summary>
    /// <param name="layout">What its conversations look like.</param>
    /// <param name="bytes">The most that all of them may take.</param>
    /// <exception cref="ArgumentOutOfRangeException">That is less than a page.</exception>
    public KvPool(KvLayout layout, long bytes)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (bytes < layout.PageBytes)
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), string.Create(
                CultureInfo.InvariantCulture,
                $"{nameof(LoadOptions.CacheMemory)} = {bytes:N0} bytes, but the least part of a conversation, "
                + $"{layout.PagePositions} positions, takes {layout.PageBytes:N0}."));
        }

        _layout = layout;
        _bytes = bytes;
        _most = (int)Math.Min(bytes / layout.PageBytes, int.MaxValue);
        _slabPages = (int)Math.Clamp(SlabBytes / layout.PageBytes, 1, layout.Pages(layout.Capacity));
    }

    /// <summary>Bytes of the pages that conversations hold; shared ones count once.</summary>
    public long TakenBytes
    {
        get
        {
            lock (_lock)
                return Taken * _layout.PageBytes;
        }
    }

    /// <summary>Bytes that were allocated.</summary>
    public long AllocatedBytes
    {
        get
        {
            lock (_lock)
                return _allocated * _layout.PageBytes;
        }
    }

    private int Taken { get; set; }

    /// <summary>A page of its own for a conversation; what it holds is no position's.</summary>
    /// <exception cref="CacheFullException">The budget is spent.</exception>
    public KvPage Take()
    {
        lock (_lock)
        {
            if (_open is null)
                Grow();
            KvSlab slab = _open!;
            KvPage page = slab.Take();
            Taken++;
            if (slab.IsFull)
                Unlink(slab);
            return page;
        }
    }

    /// <summary>Another conversation holds the page too.</summary>
    public void Share(KvPage page)
    {
        lock (_lock)
            page.Users++;
    }

    /// <summary>Whether several conversations hold the page.</summary>
    public bool IsShared(KvPage page)
    {
        lock (_lock)
            return page.Users > 1;
    }

    /// <summary>A conversation holds the page no longer.</summary>
    public void Return(KvPage page)
    {
        lock (_lock)
        {
            if (--page.Users > 0)
                return;
            KvSlab slab = page.Slab;
            if (slab.IsFull)
                Link(slab);
            slab.Return(page);
            Taken--;
            if (slab.Taken == 0 && (_closed || (_allocated - Taken) * _layout.PageBytes > KeptBytes))
                Drop(slab);
        }
    }

    /// <summary>No more is allocated; pages that are held stay so, and go with whoever returns them.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _closed = true;
            for (KvSlab? slab = _open, next; slab is not null; slab = next)
            {
                next = slab.After;
                if (slab.Taken == 0)
                    Drop(slab);
            }
        }
    }

    private void Grow()
    {
        if (_allocated == _most)
        {
            throw new CacheFullException(string.Create(
                CultureInfo.InvariantCulture,
                $"The model's conversations take all of {nameof(LoadOptions.CacheMemory)} = {_bytes:N0} bytes: "
                + $"{Taken} pages of {_layout.PagePositions} positions, {_layout.PageBytes:N0} bytes each, and another one is needed."));
        }

        KvSlab slab = new(Math.Min(_slabPages, _most - _allocated), _layout.PageBytes);
        _allocated += slab.Pages;
        Link(slab);
    }

    private void Drop(KvSlab slab)
    {
        Unlink(slab);
        _allocated -= slab.Pages;
        slab.Dispose();
    }

    private void Link(KvSlab slab)
    {
        slab.After = _open;
        if (_open is not null)
            _open.Before = slab;
        _open = slab;
    }

    private void Unlink(KvSlab slab)
    {
        if (slab.Before is null)
            _open = slab.After;
        else
            slab.Before.After = slab.After;
        if (slab.After is not null)
            slab.After.Before = slab.Before;
        slab.Before = slab.After = null;
    }
}
