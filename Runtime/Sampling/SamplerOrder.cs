using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Sampling;

/// <summary>The order of a sampler's steps, as llama.cpp's `--samplers` and `--sampler-seq` write it.</summary>
public static class SamplerOrder
{
    private static readonly (string Name, char Letter, SamplerKind Kind)[] s_kinds =
    [
        ("penalties", 'e', SamplerKind.Penalties),
        ("dry", 'd', SamplerKind.Dry),
        ("top_n_sigma", 's', SamplerKind.TopNSigma),
        ("top_k", 'k', SamplerKind.TopK),
        ("typ_p", 'y', SamplerKind.TypicalP),
        ("top_p", 'p', SamplerKind.TopP),
        ("min_p", 'm', SamplerKind.MinP),
        ("xtc", 'x', SamplerKind.Xtc),
        ("temperature", 't', SamplerKind.Temperature),
    ];

    private static readonly (string Alias, string Name)[] s_aliases =
        [("temp", "temperature"), ("typical_p", "typ_p"), ("typical", "typ_p"), ("typ", "typ_p"), ("nucleus", "top_p"), ("min", "min_p"),
            ("top_n", "top_n_sigma")];

    /// <summary>The usual order: penalties, DRY, top-n-sigma, top-k, typical, top-p, min-p, XTC, temperature.</summary>
    public static IReadOnlyList<SamplerKind> Default { get; } = [.. s_kinds.Select(static kind => kind.Kind)];

    /// <summary>
    /// Reads names with `;` (or `,`) between, as in "top_k;top_p;temperature", or letters, as in "kpt". A step that is not named is not
    /// taken.
    /// </summary>
    /// <exception cref="FormatException">A name or letter is unknown, or one is there twice.</exception>
    public static IReadOnlyList<SamplerKind> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] names = text.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        List<SamplerKind> order = [];
        if (names.Length == 1 && TryFind(names[0]) is null)
            names = [.. names[0].Select(static letter => letter.ToString())];
        foreach (string name in names)
        {
            SamplerKind kind = TryFind(name) ?? throw new FormatException(
                $"'{name}' in '{text}' is no sampler: they are "
                    + $"{string.Join(", ", s_kinds.Select(static kind => $"{kind.Name} ({kind.Letter})"))}.");
            if (order.Contains(kind))
                throw new FormatException($"'{name}' is twice in '{text}'.");
            order.Add(kind);
        }
        return order;
    }

    /// <summary>The names of some steps, as <see cref="Parse"/> reads them.</summary>
    public static string Format(IEnumerable<SamplerKind> order) =>
        string.Join(';', order.Select(static wanted => s_kinds.First(kind => kind.Kind == wanted).Name));

    private static SamplerKind? TryFind(string name)
    {
        string plain = name.ToLowerInvariant().Replace('-', '_');
        foreach ((string alias, string meant) in s_aliases)
            plain = plain == alias ? meant : plain;
        foreach ((string known, char letter, SamplerKind kind) in s_kinds)
            if (plain == known || (name.Length == 1 && name[0] == letter))
                return kind;
        return null;
    }
}
