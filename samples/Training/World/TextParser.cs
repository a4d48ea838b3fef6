using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.StoryTraining.World;

/// <summary>What a text is to a grammar.</summary>
/// <param name="Derivations">In how many ways the grammar can make it.</param>
/// <param name="Bits">−log2 of its probability, over all those ways; infinite where there is none.</param>
/// <param name="Agreed">Up to which character it may still be a text of the grammar.</param>
internal sealed record Parse(int Derivations, double Bits, int Agreed);

/// <summary>
/// The way back from a text to the decisions behind it: tries all of them, leaving a way as soon as it writes something else. So the
/// probability it finds is exact whether or not the grammar is ambiguous, and counts how often it is.
/// </summary>
internal static class TextParser
{
    /// <summary>Finds all derivations of a text.</summary>
    public static Parse Find(Grammar grammar, string rule, string text)
    {
        Trail trail = new();
        int derivations = 0, agreed = 0;
        double probability = 0;
        do
        {
            StoryText written = new(text);
            trail.Restart(written);
            new Expansion(grammar, trail, written).Run(rule);
            if (written.IsComplete)
            {
                derivations++;
                probability += Math.Exp(-trail.Nats);
            }

            agreed = Math.Max(agreed, written.Agreed);
        }
        while (trail.Next());
        return new Parse(derivations, -Math.Log2(probability), agreed);
    }

    /// <summary>One sequence of decisions after the other, in order, each as far as its text agrees.</summary>
    private sealed class Trail : IChoices
    {
        // What is chosen, and what may be chosen next.
        private readonly List<(int Chosen, IEnumerator<int> Others)> _decisions = [];
        private StoryText _written = new();
        private int _at;

        public double Nats { get; private set; }

        public void Restart(StoryText written)
        {
            _written = written;
            _at = 0;
            Nats = 0;
        }

        public int Choose(ReadOnlySpan<int> weights)
        {
            int total = 0;
            foreach (int weight in weights)
                total += weight;
            int chosen = Decide(weights.Length, null);
            Nats += Math.Log((double)total / weights[chosen]);
            return chosen;
        }

        public int Choose(int count, Predicate<int>? mayLead = null)
        {
            Nats += Math.Log(count);
            return Decide(count, mayLead);
        }

        public bool Next()
        {
            while (_decisions.Count > 0)
            {
                IEnumerator<int> others = _decisions[^1].Others;
                if (others.MoveNext())
                {
                    _decisions[^1] = (others.Current, others);
                    return true;
                }

                others.Dispose();
                _decisions.RemoveAt(_decisions.Count - 1);
            }

            return false;
        }

        private int Decide(int count, Predicate<int>? mayLead)
        {
            // On a way that has failed no decision is worth remembering.
            if (_written.Failed)
                return 0;
            if (_at == _decisions.Count)
            {
                IEnumerable<int> ways = Enumerable.Range(0, count);
                IEnumerator<int> others = (mayLead is null ? ways : [.. ways.Where(way => mayLead(way))]).GetEnumerator();
                if (!others.MoveNext())
                {
                    others.Dispose();
                    _written.Fail();
                    return 0;
                }

                _decisions.Add((others.Current, others));
            }

            return _decisions[_at++].Chosen;
        }
    }
}
