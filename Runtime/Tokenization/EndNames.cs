using System;
using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Tokenization;

/// <summary>
/// What published vocabularies call the tokens at which a text ends. Files often leave them out of their lists of marks, and some say that
/// they are ordinary tokens: so they are known by name, as llama.cpp knows them.
/// </summary>
internal static class EndNames
{
    private const string End = "<|end|>", Eos = "</s>";

    /// <summary>Marks that end a turn, the surest first.</summary>
    private static readonly string[] s_turns =
    [
        "<|eot_id|>", "<|im_end|>", End, "<end_of_turn>", "<|end_of_turn|>", "<|endofturn|>", "<|eot|>", "<turn|>", "<end_of_utterance>",
        "<EOT>", "_<EOT>",
        "[EOT]",
    ];

    private static readonly HashSet<string> s_ends = new(StringComparer.Ordinal)
    {
        "<|eot_id|>", "<|im_end|>", End, "<end_of_turn>", "<turn|>", "<end_of_utterance>", "<EOT>", "_<EOT>", "[EOT]",
        Eos, "<eos>", "[EOS]", "<|endoftext|>", "<|end_of_text|>", "<｜end▁of▁sentence｜>",
        "<|eom_id|>", "<|return|>", "<|call|>", "<|calls|>", "<|flush|>", "<|tool_response>",
        // What stands between the files of a repository that code models were trained on, and what fills up.
        "<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]", "<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>",
        "<|file_sep|>",
    };

    /// <summary>Sets of marks in whose presence another one does not end a text: there it ends a part of it.</summary>
    private static readonly (string[] Marks, string Other)[] s_exceptions =
    [
        (["<|return|>", "<|call|>"], End),
        (["<|calls|>", "<|flush|>"], End),
        (["<|tool_response>"], Eos),
    ];

    /// <summary>Whether a token of this name ends a text.</summary>
    public static bool Contains(string name) => s_ends.Contains(name);

    /// <summary>The marks of a vocabulary that end a text.</summary>
    /// <param name="marks">Its tokens that are known by their names.</param>
    /// <param name="turnEnd">The one that ends a turn; -1 where there is none.</param>
    public static List<int> Find(IReadOnlyCollection<(string Name, int Token)> marks, out int turnEnd)
    {
        HashSet<string> names = [.. marks.Select(static mark => mark.Name)];
        string[] excepted =
            [.. s_exceptions.Where(exception => exception.Marks.All(names.Contains)).Select(static exception => exception.Other)];
        List<int> ends = [];
        int bestRank = s_turns.Length;
        turnEnd = -1;
        foreach ((string name, int token) in marks)
        {
            int rank = Array.IndexOf(s_turns, name);
            if (excepted.Contains(name) || (rank < 0 && !s_ends.Contains(name)))
                continue;
            ends.Add(token);
            if (rank >= 0 && rank < bestRank)
                (turnEnd, bestRank) = (token, rank);
        }
        return ends;
    }
}
