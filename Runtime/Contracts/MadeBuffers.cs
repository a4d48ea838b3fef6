using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using Llamalith.Mapping;

namespace Llamalith.Contracts;

/// <summary>Memory that is filled when it is first asked for, and kept until it is let go. Any thread may ask.</summary>
/// <typeparam name="TKey">What it is asked for by.</typeparam>
internal sealed unsafe class MadeBuffers<TKey> : IDisposable
    where TKey : notnull
{
    private readonly Dictionary<TKey, NativeBuffer> _buffers = [];

    /// <summary>The memory of a key. Nothing is kept where filling it fails.</summary>
    /// <param name="key">The key.</param>
    /// <param name="bytes">How much it is.</param>
    /// <param name="hugePages">Whether to ask for huge pages.</param>
    /// <param name="fill">Fills it.</param>
    public byte* Get(TKey key, long bytes, bool hugePages, Action<NativeBuffer> fill)
    {
        lock (_buffers)
        {
            if (!_buffers.TryGetValue(key, out NativeBuffer? buffer))
            {
                buffer = Handover.Make(new NativeBuffer(bytes, hugePages), made =>
                {
                    fill(made);
                    return made;
                });
                _buffers.Add(key, buffer);
            }

            return buffer.Data;
        }
    }

    /// <summary>Whether the memory of a key lies there.</summary>
    public bool Holds(TKey key, byte* data)
    {
        lock (_buffers)
            return _buffers.TryGetValue(key, out NativeBuffer? buffer) && buffer.Data == data;
    }

    /// <summary>Finds what the memory that lies there was asked for by.</summary>
    public bool TryFind(byte* data, [MaybeNullWhen(false)] out TKey key)
    {
        lock (_buffers)
        {
            foreach ((TKey made, NativeBuffer buffer) in _buffers)
            {
                if (buffer.Data != data)
                    continue;
                key = made;
                return true;
            }
        }

        key = default;
        return false;
    }

    /// <summary>Frees the memory of a key.</summary>
    /// <returns>Whether there was any.</returns>
    public bool Release(TKey key)
    {
        lock (_buffers)
        {
            if (!_buffers.Remove(key, out NativeBuffer? buffer))
                return false;
            buffer.Dispose();
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_buffers)
        {
            foreach (NativeBuffer buffer in _buffers.Values)
                buffer.Dispose();
            _buffers.Clear();
        }
    }
}
