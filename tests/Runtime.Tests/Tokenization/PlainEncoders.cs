using System.Collections.Generic;
using System.Linq;
using System.Text;
using Llamalith.Tokenization;

namespace Llamalith.Tests.Tokenization;

/// <summary>
/// Byte-pair encoding as plainly as it can be said: look at all neighbours, merge the best, begin again. Slow; the tokenizers
/// are compared with it.
/// </summary>
internal static class PlainEncoders
{
    /// <summary>What llama2.c's encoder does to a text that is not empty.</summary>
    public static List<int> Llama2c(TestVocabulary vocabulary, string text)
    {
        Dictionary<string, int> ids = [];
        for (int i = 0; i < vocabulary.Tokens.Count; i++)
            ids.TryAdd(vocabulary.Tokens[i].Name, i);
        List<int> tokens = [];
        foreach (Rune character in (" " + text).EnumerateRunes())
        {
            if (ids.TryGetValue(character.ToString(), out int id))
                tokens.Add(id);
            else
                tokens.AddRange(Encoding.UTF8.GetBytes(character.ToString()).Select(b => b + 3));
        }
        while (true)
        {
            int bestAt = -1, bestId = -1;
            float bestScore = -1e10f;
            for (int i = 0; i + 1 < tokens.Count; i++)
            {
                string both = vocabulary.Tokens[tokens[i]].Name + vocabulary.Tokens[tokens[i + 1]].Name;
                if (ids.TryGetValue(both, out int id) && vocabulary.Tokens[id].Score > bestScore)
                    (bestAt, bestId, bestScore) = (i, id, vocabulary.Tokens[id].Score);
            }
            if (bestAt < 0)
                return tokens;
            tokens[bestAt] = bestId;
            tokens.RemoveAt(bestAt + 1);
        }
    }

    /// <summary>What SentencePiece does to a text that is not empty, of a vocabulary without unused pieces.</summary>
    public static List<int> SentencePiece(TestVocabulary vocabulary, string text)
    {
        Dictionary<string, int> ids = [];
        for (int i = 0; i < vocabulary.Tokens.Count; i++)
            if (vocabulary.Tokens[i].Kind is TokenKind.Normal or TokenKind.UserDefined)
                ids.TryAdd(vocabulary.Tokens[i].Name, i);
        string[] userDefined = [.. vocabulary.Tokens.Where(t => t.Kind == TokenKind.UserDefined).Select(t => t.Name)];

        string rest = " " + text.Replace('\u2581', ' ');
        List<(string Text, bool Frozen)> symbols = [];
        while (rest.Length > 0)
        {
            string? whole = userDefined.Where(name => rest.StartsWith(name, System.StringComparison.Ordinal)).MaxBy(name => name.Length);
            string symbol = whole ?? rest.EnumerateRunes().First().ToString();
            symbols.Add((symbol, whole is not null));
            rest = rest[symbol.Length..];
        }
        while (true)
        {
            int bestAt = -1;
            float bestScore = float.NegativeInfinity;
            for (int i = 0; i + 1 < symbols.Count; i++)
                if (!symbols[i].Frozen && !symbols[i + 1].Frozen
                    && ids.TryGetValue(symbols[i].Text + symbols[i + 1].Text, out int id) && vocabulary.Tokens[id].Score > bestScore)
                    (bestAt, bestScore) = (i, vocabulary.Tokens[id].Score);
            if (bestAt < 0)
                break;
            symbols[bestAt] = (symbols[bestAt].Text + symbols[bestAt + 1].Text, false);
            symbols.RemoveAt(bestAt + 1);
        }

        bool bytes = vocabulary.Tokens.Any(t => t.Kind == TokenKind.Byte);
        List<int> tokens = [];
        bool afterUnknown = false;
        foreach ((string symbol, _) in symbols)
        {
            bool known = ids.TryGetValue(symbol, out int id);
            if (known)
                tokens.Add(id);
            else if (bytes)
                tokens.AddRange(Encoding.UTF8.GetBytes(symbol).Select(b => vocabulary.Id($"<0x{b:X2}>")));
            else if (!afterUnknown)
                tokens.Add(0);
            afterUnknown = !known;
        }
        return tokens;
    }
}
