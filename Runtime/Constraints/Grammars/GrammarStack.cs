using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Grammars;

/// <summary>Where the rules around the present one go on. Equal stacks are one object.</summary>
internal sealed class GrammarStack(GrammarState next, GrammarStack? rest)
{
    // Known as long as some text stands there.
    private readonly Dictionary<GrammarState, WeakReference<GrammarStack>> _pushed = [];

    public GrammarState Next => next;

    public GrammarStack? Rest => rest;

    public GrammarStack Push(GrammarState state)
    {
        lock (_pushed)
        {
            if (_pushed.TryGetValue(state, out WeakReference<GrammarStack>? known) && known.TryGetTarget(out GrammarStack? pushed))
                return pushed;
            pushed = new GrammarStack(state, this);
            _pushed[state] = new WeakReference<GrammarStack>(pushed);
            return pushed;
        }
    }
}
