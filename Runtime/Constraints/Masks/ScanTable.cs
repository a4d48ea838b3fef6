using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Masks;

/// <summary>
/// A stretch's automaton over bytes, made as it is walked: its states have numbers, and each step is looked up once it has been taken.
/// Lengths are not counted.
/// </summary>
internal sealed class ScanTable(ScanForm form)
{
    /// <summary>A byte that cannot stand there.</summary>
    public const int Rejected = -1;

    /// <summary>A byte that ends the stretch.</summary>
    public const int Closed = -2;

    private const int Unknown = -3, Completes = 1 << 30;

    private readonly List<ScanForm.State> _states = [];
    private readonly Dictionary<ScanForm.State, int> _ids = [];
    private readonly Dictionary<int, int> _shortest = [];

    // Of characters of one class of the automaton that are as far from complete, the first that was met stands for all.
    private readonly Dictionary<(int Class, int Left), ScanForm.State> _characters = [];
    private int[]?[] _next = [];

    /// <summary>Number of states that were left by some byte.</summary>
    public int Count { get; private set; }

    /// <summary>The stretch's form, without limits of its length.</summary>
    public ScanForm Form => form;

    /// <summary>The number of a state.</summary>
    public int IdOf(ScanForm.State state)
    {
        state.Count = 0;
        if (_ids.TryGetValue(state, out int id))
            return id;
        id = _states.Count;
        _ids.Add(state, id);
        _states.Add(state);
        if (_next.Length < _states.Count)
            Array.Resize(ref _next, Math.Max(16, 2 * _next.Length));
        return id;
    }

    /// <summary>The state of a number.</summary>
    public ScanForm.State StateOf(int id) => _states[id];

    /// <summary>Takes a byte.</summary>
    /// <param name="id">The state.</param>
    /// <param name="b">The byte.</param>
    /// <param name="completed">1 where it completes a code point, else 0.</param>
    /// <returns>The next state, <see cref="Rejected"/> or <see cref="Closed"/>.</returns>
    public int Step(int id, byte b, out int completed)
    {
        int[]? row = _next[id];
        int next = row is null ? Unknown : row[b];
        if (next == Unknown)
            next = Find(id, b);
        completed = next < 0 ? 0 : next >> 30;
        return next < 0 ? next : next & ~Completes;
    }

    /// <summary>
    /// Whether a state's strings are in a state of the form's automaton, or will be when the character under way is complete.
    /// </summary>
    public bool LeadsTo(int id, int node)
    {
        ScanForm.State state = _states[id];
        if (state.IsBetween || !state.IsInUtf8)
            return state.IsBetween && state.Node == node;
        return Utf8Step.TryRange(state, out int first, out int last) && form.Dfa.ClassOf(first, last) is >= 0 and int one
            && form.Dfa.NextOfClass(state.Node, one) == node;
    }

    /// <summary>The fewest code points from a state to an end, that under way included.</summary>
    public int Shortest(int id)
    {
        ScanForm.State state = _states[id];
        if (state.IsBetween)
            return form.Dfa.Shortest(state.Node);
        if (_shortest.TryGetValue(id, out int length))
            return length;
        while (!LeadsOnWithin(state, ++length))
        {
        }
        _shortest.Add(id, length);
        return length;
    }

    private bool LeadsOnWithin(ScanForm.State state, int length)
    {
        ScanForm limited = form.WithMax(length);
        for (int b = 0; b < 256; b++)
        {
            ScanForm.State after = state;
            if (limited.Step(ref after, (byte)b, out _) == ScanForm.Outcome.Inside)
                return true;
        }
        return false;
    }

    private int Find(int id, byte b)
    {
        ScanForm.State state = _states[id];
        int next = form.Step(ref state, b, out int codePoint) switch
        {
            ScanForm.Outcome.Inside => IdOf(Representative(state)) | (codePoint >= 0 ? Completes : 0),
            ScanForm.Outcome.Closed => Closed,
            _ => Rejected,
        };
        int[]? row = _next[id];
        if (row is null)
        {
            Count++;
            _next[id] = row = new int[256];
            row.AsSpan().Fill(Unknown);
        }
        return row[b] = next;
    }

    private ScanForm.State Representative(in ScanForm.State state)
    {
        if (!state.IsInUtf8 || !Utf8Step.TryRange(state, out int first, out int last)
            || form.Dfa.ClassOf(first, last) is not (>= 0 and int one))
        {
            return state;
        }

        if (!_characters.TryGetValue((one, state.Digits), out ScanForm.State known))
            _characters.Add((one, state.Digits), known = state);
        return known with { Node = state.Node, Count = state.Count };
    }
}
