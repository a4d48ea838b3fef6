using System;
using System.Buffers;

namespace Llamalith.Tokenization;

/// <summary>The pairs that could be merged: a binary heap in a rented array, lowest key on top.</summary>
internal struct MergeHeap
{
    private Entry[] _entries;
    private int _count;

    /// <summary>An empty heap with room for so many pairs; it grows.</summary>
    public MergeHeap(int capacity) => _entries = ArrayPool<Entry>.Shared.Rent(capacity);

    /// <summary>Adds a pair without keeping the order; see <see cref="Order"/>.</summary>
    public void AddUnordered(in Entry entry)
    {
        if (_count == _entries.Length)
            Grow();
        _entries[_count++] = entry;
    }

    /// <summary>Puts all in order.</summary>
    public readonly void Order()
    {
        for (int i = _count / 2 - 1; i >= 0; i--)
            SiftDown(i, _entries[i]);
    }

    /// <summary>Adds a pair.</summary>
    public void Add(in Entry entry)
    {
        if (_count == _entries.Length)
            Grow();
        int hole = _count++;
        while (hole > 0)
        {
            int parent = (hole - 1) / 2;
            if (_entries[parent].Key <= entry.Key)
                break;
            _entries[hole] = _entries[parent];
            hole = parent;
        }
        _entries[hole] = entry;
    }

    /// <summary>Takes the best pair out.</summary>
    public bool TryTake(out Entry best)
    {
        if (_count == 0)
        {
            best = default;
            return false;
        }
        best = _entries[0];
        _count--;
        if (_count > 0)
            SiftDown(0, _entries[_count]);
        return true;
    }

    /// <summary>Gives the array back.</summary>
    public void Return()
    {
        ArrayPool<Entry>.Shared.Return(_entries);
        _entries = [];
        _count = 0;
    }

    private readonly void SiftDown(int hole, Entry entry)
    {
        while (true)
        {
            int child = 2 * hole + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _entries[child + 1].Key < _entries[child].Key)
                child++;
            if (entry.Key <= _entries[child].Key)
                break;
            _entries[hole] = _entries[child];
            hole = child;
        }
        _entries[hole] = entry;
    }

    private void Grow()
    {
        Entry[] larger = ArrayPool<Entry>.Shared.Rent(2 * _entries.Length);
        _entries.AsSpan(0, _count).CopyTo(larger);
        ArrayPool<Entry>.Shared.Return(_entries);
        _entries = larger;
    }

    /// <summary>Two neighbours that together are a piece.</summary>
    /// <param name="rank">The piece's rank.</param>
    /// <param name="left">The left symbol; of equal ranks the leftmost comes first.</param>
    /// <param name="right">The right symbol.</param>
    /// <param name="length">Bytes of both when the pair was found.</param>
    /// <param name="piece">The piece's id.</param>
    public readonly struct Entry(uint rank, int left, int right, int length, int piece)
    {
        /// <summary>The order of merging.</summary>
        public readonly ulong Key = (ulong)rank << 32 | (uint)left;

        /// <summary>The right symbol.</summary>
        public readonly int Right = right;

        /// <summary>Bytes of both when the pair was found.</summary>
        public readonly int Length = length;

        /// <summary>The piece's id.</summary>
        public readonly int Piece = piece;

        /// <summary>The left symbol.</summary>
        public int Left => (int)(uint)Key;
    }
}
