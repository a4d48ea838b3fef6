using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Schemas;

/// <summary>Within true, false or null.</summary>
internal sealed class WordConfig(byte[] word, int at, JsonFrame? frame, bool plainOnly) : MatchConfig
{
    public override bool CanEnd => false;

    public override void Step(byte b, List<MatchConfig> next)
    {
        if (word[at] == b)
            Add(next, at + 1 == word.Length ? JsonConfig.Ended(frame, plainOnly) : new WordConfig(word, at + 1, frame, plainOnly));
    }

    public override bool IsSame(MatchConfig other) => other is WordConfig config && config.Is(word, at, frame);

    private bool Is(byte[] otherWord, int otherAt, JsonFrame? otherFrame) =>
        otherAt == at && otherFrame == frame && otherWord.AsSpan().SequenceEqual(word);
}
