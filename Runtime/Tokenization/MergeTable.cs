using System;
using System.Collections.Generic;
using System.Numerics;

namespace Llamalith.Tokenization;

/// <summary>
/// The merges of a byte-pair vocabulary: a hash table from two neighbouring pieces to the piece that they become and its place in
/// the order of merging, with open addressing.
/// </summary>
internal sealed class MergeTable
{
    // The seed differs from run to run, so that no file can be made whose merges all collide.
    private static readonly ulong s_seed = (ulong)Random.Shared.NextInt64();

    private readonly Slot[] _slots;
    private readonly int _mask;

    /// <summary>A table with room for so many merges.</summary>
    public MergeTable(int capacity)
    {
        _slots = new Slot[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, capacity + capacity / 4))];
        _mask = _slots.Length - 1;
    }

    /// <summary>Number of merges.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a merge, unless the same two pieces have one of a lower rank already.</summary>
    public void Add(int left, int right, int piece, uint rank)
    {
        ulong key = Key(left, right);
        int slot = Start(key);
        for (; _slots[slot].Key != 0; slot = (slot + 1) & _mask)
            if (_slots[slot].Key == key)
                return;
        _slots[slot] = new Slot(key, rank, piece);
        Count++;
    }

    /// <summary>What two neighbours become.</summary>
    public bool TryFind(int left, int right, out uint rank, out int piece)
    {
        ulong key = Key(left, right);
        for (int slot = Start(key); ; slot = (slot + 1) & _mask)
        {
            ref readonly Slot found = ref _slots[slot];
            if (found.Key == key)
            {
                rank = found.Rank;
                piece = found.Piece;
                return true;
            }
            if (found.Key == 0)
            {
                rank = 0;
                piece = MergeSymbol.NoPiece;
                return false;
            }
        }
    }

    /// <summary>All merges in their order.</summary>
    public List<(int Left, int Right, int Piece)> InOrder()
    {
        Slot[] used = Array.FindAll(_slots, static slot => slot.Key != 0);
        Array.Sort(used, static (a, b) => a.Rank.CompareTo(b.Rank));
        return [.. Array.ConvertAll(used, static slot => ((int)(slot.Key >> 32) - 1, (int)(uint)slot.Key - 1, slot.Piece))];
    }

    // Ids count from one here, so that no key is zero.
    private static ulong Key(int left, int right) => (ulong)(left + 1) << 32 | (uint)(right + 1);

    private int Start(ulong key)
    {
        ulong high = Math.BigMul(key ^ s_seed, 0x9E3779B97F4A7C15, out ulong low);
        return (int)(high ^ low) & _mask;
    }

    private readonly record struct Slot(ulong Key, uint Rank, int Piece);
}
