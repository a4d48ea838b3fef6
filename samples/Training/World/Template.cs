using System.Collections.Generic;

namespace Llamalith.StoryTraining.World;

/// <summary>A text with gaps, as parsed.</summary>
/// <param name="Source">As it was written.</param>
/// <param name="Parts">Its parts in order.</param>
internal sealed record Template(string Source, IReadOnlyList<Part> Parts);

/// <summary>A part of a <see cref="Template"/>.</summary>
internal abstract record Part;

/// <summary>Text that is written as it stands.</summary>
internal sealed record LiteralPart(string Text) : Part;

/// <summary>What a variable says: its text, an attribute of its entity, or the pronoun that suits it.</summary>
internal sealed record ReferencePart(string Path, bool Capital) : Part;

/// <summary>An entry drawn from a list, bound to a variable where one is named, and written unless it is silent.</summary>
internal sealed record DrawPart(string? Path, string List, IReadOnlyList<string> Tags, bool Capital, bool Silent = false) : Part;

/// <summary>Another rule in this place.</summary>
internal sealed record RulePart(string Rule) : Part;

/// <summary>One of several texts, each as likely.</summary>
internal sealed record ChoicePart(IReadOnlyList<Template> Options) : Part;

/// <summary>A variable is set to another variable's value, or to a word; nothing is written.</summary>
internal sealed record AssignPart(string Path, string Value) : Part;

/// <summary>What must hold for an alternative to be there: a variable is bound (or not), and bears a tag.</summary>
internal sealed record Guard(string Path, string? Tag, bool Wanted);

/// <summary>One way to expand a rule.</summary>
/// <param name="Weight">How likely it is, beside its sisters'.</param>
/// <param name="Guards">When it is there at all.</param>
/// <param name="Text">What it says.</param>
internal sealed record Alternative(int Weight, IReadOnlyList<Guard> Guards, Template Text);
