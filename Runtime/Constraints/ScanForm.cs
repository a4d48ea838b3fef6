using System;

namespace Llamalith.Constraints;

/// <summary>A stretch of text that an automaton follows, read byte by byte.</summary>
internal abstract class ScanForm(Dfa dfa)
{
    /// <summary>The mode within a character that is written as UTF-8.</summary>
    protected internal const byte InUtf8 = 1;

    /// <summary>What a byte did.</summary>
    public enum Outcome
    {
        /// <summary>It cannot stand here.</summary>
        Rejected,

        /// <summary>The stretch goes on.</summary>
        Inside,

        /// <summary>It ended the stretch.</summary>
        Closed,
    }

    /// <summary>The automaton.</summary>
    public Dfa Dfa => dfa;

    /// <summary>Least code points.</summary>
    public abstract int Min { get; }

    /// <summary>Most code points.</summary>
    public abstract int Max { get; }

    /// <summary>How its characters are written.</summary>
    public abstract ScanKind Kind { get; }

    /// <summary>The same with no least and another largest number of code points.</summary>
    public abstract ScanForm WithMax(int max);

    /// <summary>Takes a byte.</summary>
    /// <param name="state">Where the stretch is; changed where the byte is taken.</param>
    /// <param name="b">The byte.</param>
    /// <param name="codePoint">The code point that it completed; -1 for none.</param>
    public abstract Outcome Step(ref State state, byte b, out int codePoint);

    /// <summary>Where a stretch is.</summary>
    public struct State : IEquatable<State>
    {
        /// <summary>The automaton's state.</summary>
        public int Node;

        /// <summary>Code points so far, as far as they are counted.</summary>
        public int Count;

        /// <summary>Bits of a character or escape that is not complete.</summary>
        public int Value;

        /// <summary>What kind of byte is due.</summary>
        public byte Mode;

        /// <summary>Bytes still to come, or digits read.</summary>
        public byte Digits;

        /// <summary>Continuation bytes of the character under way.</summary>
        public byte Total;

        /// <summary>Whether no character or escape is under way.</summary>
        public readonly bool IsBetween => Mode == 0;

        /// <summary>Whether a character is under way as UTF-8.</summary>
        public readonly bool IsInUtf8 => Mode == InUtf8;

        public readonly bool Equals(State other) =>
            Node == other.Node && Count == other.Count && Value == other.Value
            && Mode == other.Mode && Digits == other.Digits && Total == other.Total;

        public override readonly bool Equals(object? obj) => obj is State other && Equals(other);

        public override readonly int GetHashCode() => HashCode.Combine(Node, Count, Value, Mode, Digits);
    }
}

/// <summary>How the characters of a stretch are written.</summary>
internal enum ScanKind
{
    /// <summary>As a JSON string's.</summary>
    Json,

    /// <summary>As a JSON string's, with no escapes but those that must be.</summary>
    PlainJson,

    /// <summary>As they are.</summary>
    Text,
}
