using System;
using System.Text;

namespace Llamalith.StoryTraining.World;

/// <summary>
/// A text as it grows. Sentences get their capitals, and "a" becomes "an" before a vowel. Where a text is expected, what is written is
/// compared with it, so that a wrong way is left as soon as it shows.
/// </summary>
internal sealed class StoryText(string? expected = null)
{
    // Spelled with a vowel, spoken without.
    private static readonly string[] s_consonantal = ["uni", "uku", "one", "use", "eu"];

    private readonly StringBuilder _text = new();
    private int _compared;

    /// <summary>Whether what is written so far cannot become the expected text.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether the text is the expected one to its end.</summary>
    public bool IsComplete => !Failed && Compare(_text.Length) && _compared == expected?.Length;

    /// <summary>How many characters agreed with the expected text.</summary>
    public int Agreed => _compared;

    /// <summary>Writes a text.</summary>
    public void Write(string text, bool capital = false)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            // Empty alternatives must leave no doubled or leading spaces behind.
            if (c == ' ' && (_text.Length == 0 || _text[^1] == ' '))
                continue;
            if (char.IsLetter(c) && StartsWord())
            {
                if (FollowsA() && NeedsAn(text.AsSpan(i)))
                    _text.Insert(_text.Length - 1, 'n');
                _text.Append(capital || StartsSentence() ? char.ToUpperInvariant(c) : c);
            }
            else
            {
                if (c is '.' or ',' or '!' or '?' && _text.Length > 0 && _text[^1] == ' ')
                    _text.Length--;
                _text.Append(c);
            }

            capital = false;
        }

        // An "a" at the end may yet become an "an", and a space may go.
        if (expected is not null && !Failed)
            Failed = !Compare(_text.Length - 2);
    }

    /// <summary>Whether the expected text has a phrase anywhere, whatever the capitals.</summary>
    public bool Expects(string phrase) => expected is null || expected.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    /// <summary>Gives the text up.</summary>
    public void Fail() => Failed = true;

    /// <summary>Ends the text.</summary>
    public void Finish()
    {
        if (_text.Length > 0 && _text[^1] == ' ')
            _text.Length--;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    private bool Compare(int end)
    {
        for (; _compared < end; _compared++)
        {
            if (_compared >= expected!.Length || expected[_compared] != _text[_compared])
                return false;
        }

        return true;
    }

    private bool StartsWord() => _text.Length == 0 || !(char.IsLetterOrDigit(_text[^1]) || _text[^1] is '\'' or '-');

    /// <summary>
    /// After the end of a sentence, or a quotation mark that follows one. What follows a `?"` may say who asked, so that is no start.
    /// </summary>
    private bool StartsSentence()
    {
        int at = _text.Length;
        if (at > 0 && _text[at - 1] == '"')
            at--;
        if (at == 0)
            return true;
        if (_text[at - 1] != ' ')
            return false;
        at--;
        return at > 0 && (_text[at - 1] is '.' or '!' or '?' || (at > 1 && _text[at - 1] == '"' && _text[at - 2] == '.'));
    }

    private bool FollowsA() =>
        _text.Length > 1 && _text[^1] == ' ' && _text[^2] is 'a' or 'A' && (_text.Length == 2 || _text[^3] is ' ' or '"');

    private static bool NeedsAn(ReadOnlySpan<char> word)
    {
        foreach (string start in s_consonantal)
        {
            if (word.StartsWith(start, StringComparison.OrdinalIgnoreCase))
                return false;
        }

        return "aeiou".Contains(char.ToLowerInvariant(word[0]), StringComparison.Ordinal);
    }
}
