using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>The `loop` of a for statement.</summary>
internal sealed class LoopValue : Callable
{
    private readonly object? _source;
    private readonly Func<object?, int, Text>? _recurse;
    private readonly int _depth0;
    private IEnumerator<object?> _elements;
    private int? _length;
    private bool _hasNext;
    private object? _next;
    private object? _current;
    private object? _previous;
    private object?[]? _changed;

    public LoopValue(object? source, int depth0, Func<object?, int, Text>? recurse)
    {
        _source = source;
        _depth0 = depth0;
        _recurse = recurse;
        _elements = Values.Iterate(source).GetEnumerator();
    }

    public int Index0 { get; private set; } = -1;

    public int Length
    {
        get
        {
            if (_length is null && Values.Length(_source) is { } length)
                _length = length;
            if (_length is null)
            {
                List<object?> rest = [];
                while (_elements.MoveNext())
                    rest.Add(_elements.Current);
                _elements = rest.GetEnumerator();
                _length = rest.Count + Index0 + 1 + (_hasNext ? 1 : 0);
            }
            return _length.Value;
        }
    }

    public bool MoveNext(out object? item)
    {
        if (_hasNext)
            (item, _hasNext) = (_next, false);
        else if (_elements.MoveNext())
            item = _elements.Current;
        else
            return (item = null) is not null;
        Index0++;
        _previous = _current;
        _current = item;
        return true;
    }

    public IEnumerable<object?> Pairs()
    {
        while (MoveNext(out object? item))
            yield return new TupleValue([item, this]);
    }

    /// <summary>One of its attributes.</summary>
    public bool TryGet(string name, out object? value)
    {
        switch (name)
        {
            case "index":
                value = Values.Box(Index0 + 1);
                return true;
            case "index0":
                value = Values.Box(Index0);
                return true;
            case "revindex":
                value = Values.Box(Length - Index0);
                return true;
            case "revindex0":
                value = Values.Box(Length - Index0 - 1);
                return true;
            case "first":
                value = Values.Box(Index0 == 0);
                return true;
            case "last":
                value = Values.Box(!Peek());
                return true;
            case "length":
                value = Values.Box(Length);
                return true;
            case "depth":
                value = Values.Box(_depth0 + 1);
                return true;
            case "depth0":
                value = Values.Box(_depth0);
                return true;
            case "previtem":
                value = Index0 == 0 ? UndefinedValue.Because("there is no previous item") : _previous;
                return true;
            case "nextitem":
                value = Peek() ? _next : UndefinedValue.Because("there is no next item");
                return true;
            case "cycle":
                value = new Function("cycle", Cycle, this);
                return true;
            case "changed":
                value = new Function("changed", Changed, this);
                return true;
            default:
                value = null;
                return false;
        }
    }

    public override object? Call(Run run, Arguments arguments)
    {
        if (_recurse is null)
            throw TemplateError.Type("The loop must have the 'recursive' marker to be called recursively.");
        return _recurse(arguments.Bind("loop", 1, "iterable")[0], _depth0 + 1);
    }

    private bool Peek()
    {
        if (!_hasNext && _elements.MoveNext())
            (_next, _hasNext) = (_elements.Current, true);
        return _hasNext;
    }

    private object? Cycle(Run run, Arguments arguments) => arguments.Positional.Length == 0
        ? throw TemplateError.Type("no items for cycling given")
        : arguments.Positional[Index0 % arguments.Positional.Length];

    private object? Changed(Run run, Arguments arguments)
    {
        bool changed = _changed is null || !Values.AreEqual(new TupleValue(_changed), new TupleValue(arguments.Positional));
        _changed = arguments.Positional;
        return Values.Box(changed);
    }
}
