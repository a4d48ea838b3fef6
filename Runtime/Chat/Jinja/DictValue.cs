using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>A dictionary, in the order in which keys were added.</summary>
internal sealed class DictValue
{
    // Fewer keys than this are as quickly looked through.
    private const int FewKeys = 8;

    private readonly List<KeyValuePair<object?, object?>> _pairs;
    private Dictionary<Key, int>? _index;

    public DictValue(int capacity = 0) => _pairs = new List<KeyValuePair<object?, object?>>(capacity);

    public int Count => _pairs.Count;

    public KeyValuePair<object?, object?> At(int index) => _pairs[index];

    public bool TryGet(object? key, out object? value)
    {
        int at = Find(key);
        value = at >= 0 ? _pairs[at].Value : null;
        return at >= 0;
    }

    /// <summary>Looks a string up.</summary>
    public bool TryGet(string key, out object? value)
    {
        if (_index is not null)
            return TryGet((object)new Text(key), out value);
        for (int i = 0; i < _pairs.Count; i++)
        {
            if (_pairs[i].Key is Text text && text.Value == key)
            {
                value = _pairs[i].Value;
                return true;
            }
        }
        value = null;
        return false;
    }

    /// <summary>Adds a pair, or changes the value of a key that is there. The key must be hashable.</summary>
    public void Set(object? key, object? value)
    {
        int at = Find(key);
        if (at >= 0)
        {
            _pairs[at] = new(_pairs[at].Key, value);
            return;
        }
        _pairs.Add(new(key, value));
        if (_index is null && _pairs.Count > FewKeys)
        {
            _index = new Dictionary<Key, int>(2 * _pairs.Count);
            for (int i = 0; i < _pairs.Count - 1; i++)
                _index[new Key(_pairs[i].Key)] = i;
        }
        _index?.Add(new Key(key), _pairs.Count - 1);
    }

    public DictValue Copy(Run run)
    {
        run.ChargeItems(Count);
        DictValue copy = new(Count);
        foreach (KeyValuePair<object?, object?> pair in _pairs)
            copy.Set(pair.Key, pair.Value);
        return copy;
    }

    private int Find(object? key)
    {
        if (_index is not null)
            return _index.TryGetValue(new Key(key), out int at) ? at : -1;
        for (int i = 0; i < _pairs.Count; i++)
            if (Values.AreEqual(_pairs[i].Key, key))
                return i;
        return -1;
    }

    private readonly struct Key(object? value) : System.IEquatable<Key>
    {
        private readonly object? _value = value;

        public bool Equals(Key other) => Values.AreEqual(_value, other._value);

        public override bool Equals(object? obj) => obj is Key other && Equals(other);

        public override int GetHashCode() => Values.Hash(_value);
    }
}
