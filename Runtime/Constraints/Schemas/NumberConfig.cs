using System.Collections.Generic;

namespace Llamalith.Constraints.Schemas;

/// <summary>Within a number.</summary>
internal sealed class NumberConfig(NumberForm form, string text, JsonFrame? frame, bool plainOnly) : MatchConfig
{
    // Longer ones are nobody's.
    private const int MostLength = 400;

    public NumberForm Form => form;

    public string Text => text;

    public JsonFrame? Frame => frame;

    public bool PlainOnly => plainOnly;

    /// <summary>Whether a token may make it too long.</summary>
    public bool IsLong => text.Length > MostLength - Masks.TokenTree.LengthLimit;

    public override bool CanEnd => frame is null && form.IsWhole(text);

    public override void Step(byte b, List<MatchConfig> next)
    {
        if (NumberForm.IsPart(b))
        {
            if (text.Length < MostLength && form.CanFollow(text, b))
                next.Add(new NumberConfig(form, text + (char)b, frame, plainOnly));
        }
        else if (frame is not null && form.IsWhole(text))
        {
            JsonConfig.Ended(frame, plainOnly).Step(b, next);
        }
    }

    public override bool IsSame(MatchConfig other) => other is NumberConfig config && config.Is(form, text, frame);

    private bool Is(NumberForm otherForm, string otherText, JsonFrame? otherFrame) =>
        otherForm == form && otherText == text && otherFrame == frame;
}
