using System;

namespace Llamalith.Contracts;

/// <summary>Pages that were allocated together, so that small ones lie in huge pages of the system too.</summary>
internal sealed unsafe class KvSlab : IDisposable
{
    private const long HugePage = 2 << 20;

    private readonly NativeBuffer _memory;
    private KvPage? _free;

    public KvSlab(int pages, long pageBytes)
    {
        Pages = pages;

        // A page's first position touches all of it, a bit of every head: huge pages take no more.
        _memory = new NativeBuffer(checked(pages * pageBytes), hugePages: pages * pageBytes >= HugePage);
        for (int i = pages - 1; i >= 0; i--)
            _free = new KvPage(this, _memory.Data + (i * pageBytes)) { Next = _free };
    }

    /// <summary>Number of pages.</summary>
    public int Pages { get; }

    /// <summary>Pages in use.</summary>
    public int Taken { get; private set; }

    /// <summary>Whether no page is free.</summary>
    public bool IsFull => _free is null;

    /// <summary>Its neighbours among those with a free page.</summary>
    public KvSlab? Before { get; set; }

    /// <inheritdoc cref="Before"/>
    public KvSlab? After { get; set; }

    public KvPage Take()
    {
        KvPage page = _free!;
        _free = page.Next;
        page.Next = null;
        page.Users = 1;
        Taken++;
        return page;
    }

    public void Return(KvPage page)
    {
        page.Next = _free;
        _free = page;
        Taken--;
    }

    public void Dispose() => _memory.Dispose();
}
