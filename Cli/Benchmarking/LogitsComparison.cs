using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Cli.Benchmarking;

/// <summary>
/// The logits of the first contender after a prompt and some tokens that it chose itself, and how far those of others on the same tokens
/// agree.
/// </summary>
internal sealed class LogitsComparison
{
    private string _name = "";
    private List<float[]> _logits = [];

    /// <summary>Whether there is something to compare with.</summary>
    public bool IsRecorded => _logits.Count > 0;

    /// <summary>The tokens that the first contender chose behind the prompt.</summary>
    public int[] Tokens { get; private set; } = [];

    /// <summary>How far others agree.</summary>
    public LogitsAgreement Agreement { get; } = new();

    /// <summary>Keeps the first contender's.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tokens">The tokens that it chose.</param>
    /// <param name="logits">Its logits after the prompt and after each of the tokens.</param>
    public void Record(string name, int[] tokens, IEnumerable<float[]> logits)
    {
        _name = name;
        Tokens = tokens;
        _logits = [.. logits];
    }

    /// <summary>Refuses a contender that sees another vocabulary.</summary>
    /// <exception cref="CliException">The message names both sizes.</exception>
    public void RequireVocabulary(string name, int size)
    {
        if (IsRecorded && _logits[0].Length != size)
            throw new CliException($"{name} sees {size} tokens in the vocabulary, but {_name} sees {_logits[0].Length}.");
    }

    /// <summary>Compares another contender's logits on the same tokens.</summary>
    public void Compare(IEnumerable<float[]> logits)
    {
        foreach ((float[] first, float[] second) in _logits.Zip(logits))
            Agreement.Add(first, second);
    }
}
