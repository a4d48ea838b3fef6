namespace Llamalith.Generator.Spec;

/// <summary>A hyperparameter, as rules check it and emission states it.</summary>
/// <param name="Name">The attribute's name for it, which is also the run time's.</param>
/// <param name="Value">Its value: an int, a double, a bool or a member of an enum.</param>
internal sealed record SpecProperty(string Name, object Value)
{
    /// <summary>The least that an integer may be.</summary>
    public int Least { get; init; } = 1;

    /// <summary>The most that an integer may be.</summary>
    public int Most { get; init; } = int.MaxValue;

    /// <summary>What is broken by an integer out of its bounds.</summary>
    public SpecRule Rule { get; init; } = SpecRule.SizeOutOfRange;

    /// <summary>Whether somebody must write it, there being no default.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether it follows from others where nobody writes it; rules about those then speak of it.</summary>
    public bool IsDerived { get; init; }

    /// <summary>Whether few models have it: an engine that has it not does not speak of it.</summary>
    public bool IsTrait { get; init; }

    /// <summary>Whether it would matter if it had another value.</summary>
    public bool IsUsed { get; init; } = true;

    /// <summary>What few models have.</summary>
    /// <param name="name">The attribute's name for it.</param>
    /// <param name="value">Its value.</param>
    /// <param name="usual">The value of a model that has it not.</param>
    public static SpecProperty Trait(string name, object value, object usual) =>
        new(name, value) { IsTrait = true, IsStated = !value.Equals(usual), Least = usual is 0 or 0.0 ? 0 : 1 };

    /// <summary>Whether it says anything of this model, so that a file is compared by it.</summary>
    public bool IsStated { get; init; } = true;
}
