namespace Llamalith.Generator.Spec;

/// <summary>
/// What a build read of a model file, as far as it decides what is emitted: two texts that differ in nothing else are equal.
/// </summary>
/// <param name="Path">What classes call the file, with / between folders.</param>
/// <param name="Values">The hyperparameters that it states.</param>
/// <param name="Weights">The formats of its matrices, by name.</param>
internal sealed record DescribedFile(string Path, EquatableArray<FileValue> Values, EquatableArray<string> Weights)
{
    /// <summary>The classes that are loaded from it, by their full names; of one beside a project nobody says.</summary>
    public EquatableArray<string> Classes { get; init; }

    /// <summary>Whether it is there to be compared with classes only.</summary>
    public bool IsSeen { get; init; }

    /// <summary>What is wrong with the text; empty for nothing.</summary>
    public string Problem { get; init; } = "";

    /// <summary>A text that cannot be read, by the text's own name.</summary>
    public static DescribedFile Broken(string name, string problem) => new(name, default, default) { Problem = problem };

    /// <summary>Whether it is what was read for a class that says so.</summary>
    public bool Is(string from) =>
        Path == (Problem.Length == 0 ? ModelFiles.WithSlashes(from) : ModelFiles.DescriptionOf(from));
}

/// <summary>A hyperparameter as a file states it.</summary>
/// <param name="Name">The attribute's name for it.</param>
/// <param name="Key">The file's word for it.</param>
/// <param name="Value">A double, a bool, or a string: a member's name of an enum.</param>
/// <param name="Text">The value as it was written.</param>
internal sealed record FileValue(string Name, string Key, object Value, string Text);
