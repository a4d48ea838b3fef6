namespace Llamalith.Contracts;

/// <summary>Memory for some positions of every layer and head, which several conversations may share.</summary>
internal sealed unsafe class KvPage(KvSlab slab, byte* data)
{
    /// <summary>What it was cut from.</summary>
    public KvSlab Slab { get; } = slab;

    /// <summary>Its first byte.</summary>
    public byte* Data { get; } = data;

    /// <summary>Conversations that hold it.</summary>
    public int Users { get; set; }

    /// <summary>The free page of its slab after it.</summary>
    public KvPage? Next { get; set; }
}
