using System.Collections.Generic;
using Llamalith.Constraints.Schemas;

namespace Llamalith.Constraints.Masks;

/// <summary>What a walker keeps of a constraint's automata over one vocabulary, within bounds.</summary>
internal sealed class MaskCache(TokenTrie trie)
{
    private const int MostStates = 8192, MostBytes = 16 << 20, MostNumbers = 1024, LongestSharedNumber = 4;

    private readonly Dictionary<(Dfa, ScanKind), ScanTable> _tables = [];
    private readonly Dictionary<(Dfa, ScanForm.State, ScanKind, KeyForm?), StretchMask> _stretches = [];
    private readonly Dictionary<NumberKey, NumberMask> _numbers = [];
    private int _bytes;

    /// <summary>Forgets tables that have grown large. What they were asked before no longer holds.</summary>
    public void Trim()
    {
        int states = 0;
        foreach (ScanTable table in _tables.Values)
            states += table.Count;
        if (states > MostStates)
            _tables.Clear();
    }

    /// <summary>The automaton of a form, lengths aside.</summary>
    public ScanTable TableOf(ScanForm form)
    {
        if (!_tables.TryGetValue((form.Dfa, form.Kind), out ScanTable? table))
            _tables.Add((form.Dfa, form.Kind), table = new ScanTable(form.WithMax(int.MaxValue)));
        return table;
    }

    /// <summary>What the tokens do from a state.</summary>
    public StretchMask StretchOf(ScanForm form, in ScanForm.State state)
    {
        if (form is StringForm text && form.Dfa == Dfa.Anything && state.IsBetween)
            return trie.Anything(text.PlainOnly);
        bool withNeeds = form.Max != int.MaxValue;
        return Find(form, state, null, withNeeds) ?? Keep(form, state, null, Make(form, state, withNeeds, null));
    }

    /// <summary>What the tokens do within a name.</summary>
    public StretchMask NamesOf(KeyForm keys, StringForm form, in ScanForm.State state)
    {
        if (Find(form, state, keys, withNeeds: false) is { } known)
            return known;
        if (keys.FreeState < 0)
            return Keep(form, state, keys, Make(form, state, false, keys));
        StringForm anything = new(Dfa.Anything, 0, int.MaxValue, form.PlainOnly);
        ScanForm.State free = state with { Node = 0 };
        ScanTable table = TableOf(form);
        return Keep(form, state, keys,
            StretchMask.Overlay(trie, table, table.IdOf(state), StretchOf(anything, free), keys.FreeState, keys.LabelOf));
    }

    /// <summary>The tokens of a number.</summary>
    public NumberMask NumberOf(NumberForm form, string text, bool afterSpace)
    {
        text = form.Shortened(text);
        NumberKey key = new(form.IsFree ? null : form, form.Traits, text, afterSpace);
        TokenTree tree = afterSpace ? trie.AfterSpace : trie.All;
        if (form.IsFree && text.Length <= LongestSharedNumber)
            return trie.Numbers.GetOrAdd(key, static (key, own) => NumberMask.Make(own.Tree, own.Form, key.Text), (Tree: tree, Form: form));
        if (_numbers.TryGetValue(key, out NumberMask? known))
            return known;
        if (_numbers.Count == MostNumbers)
            _numbers.Clear();
        _numbers.Add(key, known = NumberMask.Make(tree, form, text));
        return known;
    }

    private StretchMask Make(ScanForm form, in ScanForm.State state, bool withNeeds, KeyForm? keys)
    {
        ScanTable table = TableOf(form);
        return StretchMask.Make(trie, table, table.IdOf(state), withNeeds, keys is null ? null : keys.LabelOf);
    }

    private StretchMask? Find(ScanForm form, in ScanForm.State state, KeyForm? keys, bool withNeeds) =>
        _stretches.TryGetValue((form.Dfa, state with { Count = 0 }, form.Kind, keys), out StretchMask? known)
            && (known.HasNeeds || !withNeeds) ? known : null;

    private StretchMask Keep(ScanForm form, in ScanForm.State state, KeyForm? keys, StretchMask made)
    {
        if (_bytes > MostBytes)
        {
            _stretches.Clear();
            _bytes = 0;
        }
        _bytes += made.Size;
        return _stretches[(form.Dfa, state with { Count = 0 }, form.Kind, keys)] = made;
    }
}
