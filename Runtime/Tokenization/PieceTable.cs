using System;
using System.Buffers.Binary;
using System.Numerics;

namespace Llamalith.Tokenization;

/// <summary>
/// A hash table from byte strings to token ids, with open addressing. The strings lie in a pool that it shares with the
/// vocabulary. Of equal strings the first one added counts.
/// </summary>
internal sealed class PieceTable
{
    // The seed differs from run to run, so that no file can be made whose pieces all collide.
    private static readonly ulong s_seed = (ulong)Random.Shared.NextInt64();

    private readonly PiecePool _names;
    private readonly ulong[] _slots;
    private readonly int _mask;
    private int _longest;

    /// <summary>A table with room for so many strings of a pool.</summary>
    public PieceTable(PiecePool names, int capacity)
    {
        _names = names;
        _slots = new ulong[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, capacity) * 2)];
        _mask = _slots.Length - 1;
    }

    /// <summary>Adds the pool's string of that id; false where an equal one is there already.</summary>
    public bool TryAdd(int id)
    {
        ReadOnlySpan<byte> name = _names[id];
        uint hash = Hash(name);
        int slot = (int)hash & _mask;
        for (; _slots[slot] != 0; slot = (slot + 1) & _mask)
            if ((uint)(_slots[slot] >> 32) == hash && _names[IdIn(_slots[slot])].SequenceEqual(name))
                return false;
        _slots[slot] = (ulong)hash << 32 | (uint)(id + 1);
        _longest = Math.Max(_longest, name.Length);
        return true;
    }

    /// <summary>The id of that string, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > _longest)
            return -1;
        uint hash = Hash(name);
        for (int slot = (int)hash & _mask; ; slot = (slot + 1) & _mask)
        {
            ulong entry = _slots[slot];
            if (entry == 0)
                return -1;
            if ((uint)(entry >> 32) == hash && _names[IdIn(entry)].SequenceEqual(name))
                return IdIn(entry);
        }
    }

    private static int IdIn(ulong entry) => (int)(uint)entry - 1;

    private static uint Hash(ReadOnlySpan<byte> name)
    {
        const ulong Multiplier = 0x9E3779B97F4A7C15;
        ulong hash = s_seed ^ (uint)name.Length;
        while (name.Length > 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(name), Multiplier);
            name = name[8..];
        }
        ulong tail = 0;
        if (name.Length >= 4)
        {
            // The two halves overlap where the length is below 8; every byte is in one of them.
            tail = (ulong)BinaryPrimitives.ReadUInt32LittleEndian(name) << 32 | BinaryPrimitives.ReadUInt32LittleEndian(name[^4..]);
        }
        else if (name.Length > 0)
        {
            tail = (ulong)name[0] << 16 | (ulong)name[name.Length >> 1] << 8 | name[^1];
        }
        return (uint)Mix(hash ^ tail, Multiplier);
    }

    private static ulong Mix(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }
}
