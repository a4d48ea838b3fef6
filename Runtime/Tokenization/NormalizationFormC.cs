using System;
using System.Buffers;
using System.Collections.Generic;
using System.Numerics;
using System.Text;

namespace Llamalith.Tokenization;

/// <summary>
/// Unicode's Normalization Form C: characters and the marks that follow them become one character where there is one. Only stretches around
/// characters that may change are looked at closely; a stretch of n characters takes O(n log n) steps.
/// </summary>
internal static class NormalizationFormC
{
    private const int FirstThatChanges = 0x0300;
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7;
    private const int Leads = 19, Vowels = 21, Tails = 28, Syllables = Leads * Vowels * Tails;

    private static readonly Lazy<Tables> s_tables = new(static () => new Tables());

    /// <summary>The text in that form.</summary>
    /// <param name="text">Any UTF-16; halves of characters stay as they are.</param>
    /// <param name="buffer">Null; where the text changes, an array from the shared pool that holds the result and that the caller
    /// returns.</param>
    public static ReadOnlySpan<char> Apply(ReadOnlySpan<char> text, scoped ref char[]? buffer)
    {
        int first = text.IndexOfAnyExceptInRange('\0', (char)(FirstThatChanges - 1));
        if (first < 0)
            return text;
        Tables tables = s_tables.Value;
        Output output = default;

        // The last character that no mark before it changes; the characters until there are written.
        int firm = Math.Max(0, first - 1);
        int written = 0;
        for (int at = first; at < text.Length;)
        {
            int character = CharacterAt(text, at, out int length);
            if (!tables.MayChange(character))
            {
                firm = at;
                at += length;
                continue;
            }

            int end = at + length;
            while (end < text.Length && tables.MayChange(CharacterAt(text, end, out length)))
                end += length;
            output.Write(text[written..firm]);
            Compose(text[firm..end], tables, ref output);
            written = firm = at = end;
        }

        if (written == 0)
            return text;
        output.Write(text[written..]);
        buffer = output.Characters;
        return output.Written;
    }

    private static int CharacterAt(ReadOnlySpan<char> text, int at, out int length)
    {
        length = 1;
        if (!char.IsHighSurrogate(text[at]) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            return text[at];
        length = 2;
        return char.ConvertToUtf32(text[at], text[at + 1]);
    }

    private static void Compose(ReadOnlySpan<char> text, Tables tables, ref Output output)
    {
        // Each character decomposes into four at most.
        int[] rented = ArrayPool<int>.Shared.Rent(4 * text.Length);
        try
        {
            int count = 0;
            for (int at = 0; at < text.Length;)
            {
                int character = CharacterAt(text, at, out int length);
                Decompose(character, tables, rented, ref count);
                at += length;
            }

            Span<int> characters = rented.AsSpan(0, count);
            OrderMarks(characters, tables);
            foreach (int character in characters[..ComposePairs(characters, tables)])
                output.Write(character);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(rented);
        }
    }

    private static void Decompose(int character, Tables tables, int[] characters, ref int count)
    {
        int syllable = character - HangulBase;
        if ((uint)syllable < Syllables)
        {
            characters[count++] = LeadBase + syllable / (Vowels * Tails);
            characters[count++] = VowelBase + syllable / Tails % Vowels;
            if (syllable % Tails > 0)
                characters[count++] = TailBase + syllable % Tails;
        }
        else if (tables.TryDecompose(character, out int first, out int second))
        {
            Decompose(first, tables, characters, ref count);
            if (second != 0)
                characters[count++] = second;
        }
        else
        {
            characters[count++] = character;
        }
    }

    /// <summary>Brings each run of marks into the order of their classes; those of one class stay in theirs.</summary>
    private static void OrderMarks(Span<int> characters, Tables tables)
    {
        for (int start = 0; start < characters.Length;)
        {
            int end = start;
            while (end < characters.Length && tables.ClassOf(characters[end]) > 0)
                end++;
            if (end - start > 1)
                Sort(characters[start..end], tables);
            start = end + 1;
        }
    }

    private static void Sort(Span<int> marks, Tables tables)
    {
        long[] keys = ArrayPool<long>.Shared.Rent(marks.Length);
        for (int i = 0; i < marks.Length; i++)
            keys[i] = (long)tables.ClassOf(marks[i]) << 32 | (uint)i;
        keys.AsSpan(0, marks.Length).Sort(marks);
        ArrayPool<long>.Shared.Return(keys);
    }

    private static int ComposePairs(Span<int> characters, Tables tables)
    {
        int starter = -1, count = 0, lastClass = 0;
        foreach (int character in characters)
        {
            int combining = tables.ClassOf(character);
            bool adjoins = starter >= 0 && (starter == count - 1 || (lastClass > 0 && lastClass < combining));
            if (adjoins && tables.TryCompose(characters[starter], character, out int composed))
            {
                characters[starter] = composed;
                continue;
            }
            if (combining == 0)
                starter = count;
            lastClass = combining;
            characters[count++] = character;
        }
        return count;
    }

    /// <summary>Characters in a rented array that grows.</summary>
    private struct Output
    {
        private int _count;

        public char[]? Characters { get; private set; }

        public readonly ReadOnlySpan<char> Written => Characters.AsSpan(0, _count);

        public void Write(ReadOnlySpan<char> text)
        {
            text.CopyTo(Room(text.Length));
            _count += text.Length;
        }

        public void Write(int character)
        {
            Span<char> room = Room(2);
            if (character > char.MaxValue)
            {
                _count += new Rune(character).EncodeToUtf16(room);
                return;
            }
            room[0] = (char)character;
            _count++;
        }

        private Span<char> Room(int count)
        {
            if (Characters is null || Characters.Length - _count < count)
            {
                char[] larger = ArrayPool<char>.Shared.Rent((int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(256, _count + count)));
                Written.CopyTo(larger);
                if (Characters is not null)
                    ArrayPool<char>.Shared.Return(Characters);
                Characters = larger;
            }
            return Characters.AsSpan(_count);
        }
    }

    /// <summary>The data, arranged for looking up.</summary>
    private sealed class Tables
    {
        private readonly Dictionary<int, (int First, int Second)> _parts = [];
        private readonly Dictionary<(int First, int Second), int> _wholes = [];
        private readonly Dictionary<int, byte> _classes = [];
        private readonly ulong[] _mayChange = new ulong[0x110000 / 64];

        public Tables()
        {
            ReadOnlySpan<int> classes = NormalizationData.CombiningClasses;
            for (int i = 0; i < classes.Length; i += 3)
            {
                for (int character = classes[i]; character <= classes[i + 1]; character++)
                {
                    _classes.Add(character, (byte)classes[i + 2]);
                    Mark(character);
                }
            }

            ReadOnlySpan<int> parts = NormalizationData.Decompositions;
            for (int i = 0; i < parts.Length; i += 3)
            {
                (int whole, int first, int second) = (parts[i], parts[i + 1], parts[i + 2]);
                _parts.Add(whole, (first, second));
                if (second == 0 || ClassOf(whole) > 0 || ClassOf(first) > 0 || NormalizationData.Exclusions.Contains(whole))
                {
                    Mark(whole);
                    continue;
                }
                _wholes.Add((first, second), whole);
                Mark(second);
            }

            for (int vowel = 0; vowel < Vowels; vowel++)
                Mark(VowelBase + vowel);
            for (int tail = 1; tail < Tails; tail++)
                Mark(TailBase + tail);
        }

        /// <summary>Whether a character may be another one in Form C, or join with one before it.</summary>
        public bool MayChange(int character) => (_mayChange[character >> 6] >> (character & 63) & 1) != 0;

        public int ClassOf(int character) => character < FirstThatChanges ? 0 : _classes.GetValueOrDefault(character);

        public bool TryDecompose(int character, out int first, out int second)
        {
            bool found = _parts.TryGetValue(character, out (int First, int Second) parts);
            (first, second) = parts;
            return found;
        }

        public bool TryCompose(int first, int second, out int whole)
        {
            int lead = first - LeadBase, vowel = second - VowelBase, syllable = first - HangulBase, tail = second - TailBase;
            if ((uint)lead < Leads && (uint)vowel < Vowels)
            {
                whole = HangulBase + (lead * Vowels + vowel) * Tails;
                return true;
            }
            if ((uint)syllable < Syllables && syllable % Tails == 0 && tail is > 0 and < Tails)
            {
                whole = first + tail;
                return true;
            }
            return _wholes.TryGetValue((first, second), out whole);
        }

        private void Mark(int character) => _mayChange[character >> 6] |= 1UL << (character & 63);
    }
}
