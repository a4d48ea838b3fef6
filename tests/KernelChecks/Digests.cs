using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Runtime.InteropServices;

namespace Llamalith.KernelChecks;

/// <summary>
/// What engines computed when the table was written (Digests.txt, by <c>--digests</c>): the same bits are asked for on every instruction
/// set, of every machine. Who changes an order of sums on purpose writes the table anew.
/// </summary>
internal sealed class Digests
{
    private static readonly Lazy<Dictionary<string, string>> s_known = new(Read);

    // FNV-1a of 64 bits: nobody forges engines, and emulated machines have no library of cryptography.
    private const ulong Start = 0xCBF29CE484222325, Prime = 0x100000001B3;

    private ulong _hash = Start;

    /// <summary>Where digests are collected instead of being compared; null where they are compared.</summary>
    public static SortedDictionary<string, string>? Recorded { get; set; }

    /// <summary>The table.</summary>
    public static IDictionary<string, string> Known => s_known.Value;

    public void Add(ReadOnlySpan<float> values) => Add(MemoryMarshal.AsBytes(values));

    public void Add(ReadOnlySpan<byte> bytes)
    {
        foreach (byte one in bytes)
            _hash = unchecked((_hash ^ one) * Prime);
    }

    /// <summary>Compares what was added with what the table has under a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="how">How it was computed, for the message.</param>
    public void Expect(string name, string how = "")
    {
        string digest = _hash.ToString("x16", CultureInfo.InvariantCulture);
        _hash = Start;
        if (Recorded is not null)
            Recorded[name] = digest;
        else if (!s_known.Value.TryGetValue(name, out string? known))
            throw new CheckFailedException($"{name}: Digests.txt has none; --digests writes the table.");
        else if (digest != known)
            throw new CheckFailedException(
                $"{name}{how}: the bits are not those of other instruction sets: {digest}, Digests.txt has {known}.");
    }

    private static Dictionary<string, string> Read()
    {
        using Stream stream = typeof(Digests).Assembly.GetManifestResourceStream("Digests.txt")
            ?? throw new InvalidOperationException("Digests.txt is not embedded.");
        using var reader = new StreamReader(stream);
        Dictionary<string, string> known = [];
        while (reader.ReadLine() is { } line)
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            if (space > 0)
                known[line[(space + 1)..]] = line[..space];
        }

        return known;
    }
}
