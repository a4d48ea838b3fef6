using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;

namespace Llamalith.Tokenization;

/// <summary>The tokens of a vocabulary that are recognized in a text by their names, arranged for that.</summary>
/// <param name="tokens">The tokens.</param>
/// <param name="normalize">What a token that is looked for in normalized text is called there.</param>
internal sealed class AddedTokens(IReadOnlyList<AddedToken> tokens, Func<AddedToken, string> normalize)
{
    private const AddedTokenFlags Later = AddedTokenFlags.Normalized | AddedTokenFlags.Inline;

    private readonly Dictionary<int, AddedToken> _byId = tokens.ToDictionary(static token => token.Id);
    private readonly Lazy<Dictionary<string, int>> _byName = new(() =>
    {
        Dictionary<string, int> ids = new(StringComparer.Ordinal);
        foreach (AddedToken token in tokens)
            ids.TryAdd(token.Content, token.Id);
        return ids;
    });

    // Of each: user-defined tokens alone, and all of them.
    private readonly NamedTokens?[] _inText = new NamedTokens?[2];
    private readonly NamedTokens?[] _inNormalized = new NamedTokens?[2];

    /// <summary>All of them, in the order of their ids.</summary>
    public IReadOnlyList<AddedToken> All => tokens;

    /// <summary>Those that are looked for in a text as it is; null where there are none.</summary>
    /// <param name="marks">Whether control tokens are among them; else user-defined ones only.</param>
    public NamedTokens? InText(bool marks) => Get(_inText, marks, later: false);

    /// <summary>Those that are looked for in a normalized text; null where there are none.</summary>
    /// <inheritdoc cref="InText"/>
    public NamedTokens? InNormalized(bool marks) => Get(_inNormalized, marks, later: true);

    /// <summary>A token's name, as the file writes it; null for one that is not recognized by it.</summary>
    public string? NameOf(int token) => _byId.TryGetValue(token, out AddedToken found) ? found.Content : null;

    /// <summary>The token of a name, or -1.</summary>
    public int Find(ReadOnlySpan<char> name) =>
        _byName.Value.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(name, out int token) ? token : -1;

    private NamedTokens? Get(NamedTokens?[] cache, bool marks, bool later)
    {
        NamedTokens found = Volatile.Read(ref cache[marks ? 1 : 0]) ?? Arrange(cache, marks, later);
        return found.IsEmpty ? null : found;
    }

    // Apart, so that looking it up allocates nothing. Threads that race make the same.
    private NamedTokens Arrange(NamedTokens?[] cache, bool marks, bool later)
    {
        NamedTokens arranged = new(tokens
            .Where(token => (marks || token.Kind == TokenKind.UserDefined) && (token.Flags & Later) != 0 == later)
            .Select(token => (later ? normalize(token) : token.Content, token)));
        Volatile.Write(ref cache[marks ? 1 : 0], arranged);
        return arranged;
    }
}
