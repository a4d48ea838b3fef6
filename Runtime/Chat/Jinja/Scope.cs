using System;

namespace Llamalith.Chat.Jinja;

/// <summary>Variables by the number of their name; what is not here is looked for one scope further out.</summary>
internal sealed class Scope(Scope? parent, object?[]? all = null)
{
    /// <summary>A variable without a value.</summary>
    public static readonly object Unset = new();

    // The outermost scope has a place for every name, the others a list of the few that are set in them.
    private int[] _names = [];
    private object?[] _values = all ?? [];
    private int _count;

    public Scope? Parent => parent;

    /// <summary>A variable's value, or <see cref="Unset"/>.</summary>
    public object? Get(int name)
    {
        Scope scope = this;
        while (scope.Parent is { } outer)
        {
            for (int i = 0; i < scope._count; i++)
                if (scope._names[i] == name)
                    return scope._values[i];
            scope = outer;
        }
        return scope._values[name];
    }

    public void Set(int name, object? value)
    {
        if (parent is null)
        {
            _values[name] = value;
            return;
        }
        for (int i = 0; i < _count; i++)
        {
            if (_names[i] == name)
            {
                _values[i] = value;
                return;
            }
        }
        if (_count == _names.Length)
        {
            Array.Resize(ref _names, Math.Max(4, 2 * _count));
            Array.Resize(ref _values, _names.Length);
        }
        _names[_count] = name;
        _values[_count++] = value;
    }

    /// <summary>Forgets all of this scope, for the next turn of a loop.</summary>
    public void Clear() => _count = 0;
}
