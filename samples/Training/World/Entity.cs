using System.Collections.Generic;

namespace Llamalith.StoryTraining.World;

/// <summary>An entry of a list of words: what a variable of a story is bound to.</summary>
/// <param name="Text">How it is called. May itself refer to variables.</param>
/// <param name="Tags">What may be asked of it, as "flies" of a kite.</param>
/// <param name="Attributes">Further texts that belong to it, as the home of a fox.</param>
internal sealed record Entity(Template Text, IReadOnlySet<string> Tags, IReadOnlyDictionary<string, Template> Attributes)
{
    /// <summary>A word of its own, of no list.</summary>
    public static Entity Word(string text) =>
        new(new Template(text, [new LiteralPart(text)]), new HashSet<string>(), new Dictionary<string, Template>());

    /// <summary>The text as it was written.</summary>
    public override string ToString() => Text.Source;
}
