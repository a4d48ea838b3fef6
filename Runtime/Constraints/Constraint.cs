using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using Llamalith.Constraints.Grammars;
using Llamalith.Constraints.Masks;
using Llamalith.Constraints.Schemas;

namespace Llamalith.Constraints;

/// <summary>
/// What a text must be: a value that meets a JSON schema, a text that a regular expression matches, or a sentence of a grammar, as an
/// automaton over bytes.
/// Immutable but for what it remembers of its own states; any number of threads can share one.
/// </summary>
public sealed class Constraint
{
    private readonly ConditionalWeakTable<TokenTrie, ConcurrentBag<MaskWalker>> _walkers = [];
    private readonly MatchConfig[] _start;

    private Constraint(IEnumerable<MatchConfig> start) => _start = [.. start];

    /// <summary>Compiles a JSON schema (drafts 4 to 2020-12, by `$schema`; without one 2020-12).</summary>
    /// <param name="schema">The schema.</param>
    /// <param name="plainForm">
    /// Whether values are written in one plain form: no white space, no needless escapes, numbers without exponents, trailing zeros or -0.
    /// </param>
    /// <exception cref="ConstraintException">It is no schema, something of it cannot be honoured, or no value meets it.</exception>
    public static Constraint FromJsonSchema(string schema, bool plainForm = false)
    {
        ArgumentNullException.ThrowIfNull(schema);
        try
        {
            return new Constraint([JsonConfig.Start(ShapeMaker.Compile(new SchemaDocument(schema), plainForm), plainForm)]);
        }
        catch (InvalidOperationException e)
        {
            throw new ConstraintException("a string that is no text", $"the schema has a string that is no text: {e.Message}");
        }
    }

    /// <summary>Any JSON value.</summary>
    public static Constraint AnyJson(bool plainForm = false) => FromJsonSchema("{}", plainForm);

    /// <summary>
    /// Compiles a regular expression of ECMA-262 (with the u flag). The text must match it somewhere; `^` and `$` are its very beginning
    /// and end.
    /// </summary>
    /// <exception cref="ConstraintException">It is no regular expression, or uses what no finite automaton can do.</exception>
    public static Constraint FromRegex(string pattern)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        Dfa dfa = Pattern.Compile(pattern);
        return dfa.IsEmpty
            ? throw new ConstraintException("a pattern that matches nothing", "the pattern matches no text")
            : new Constraint([new TextConfig(new TextForm(dfa), default)]);
    }

    /// <summary>Compiles a grammar in llama.cpp's GBNF.</summary>
    /// <param name="grammar">Its rules.</param>
    /// <param name="root">The rule that a whole text follows.</param>
    /// <exception cref="ConstraintException">It is no grammar, recurses on the left, or has no finite sentence.</exception>
    public static Constraint FromGrammar(string grammar, string root = "root")
    {
        ArgumentNullException.ThrowIfNull(grammar);
        ArgumentNullException.ThrowIfNull(root);
        return new Constraint(GrammarCompiler.Compile(grammar, root).Start());
    }

    /// <summary>At the beginning of a text.</summary>
    public ConstraintState Start() => new(this, _start);

    /// <summary>Takes what makes masks for a vocabulary: with all that it knows of this constraint, and for one text at a time.</summary>
    internal MaskWalker Rent(TokenTrie trie) =>
        _walkers.GetOrCreateValue(trie).TryTake(out MaskWalker? walker) ? walker : new MaskWalker(trie);

    /// <summary>Gives it back.</summary>
    internal void Return(TokenTrie trie, MaskWalker walker) => _walkers.GetOrCreateValue(trie).Add(walker);
}
