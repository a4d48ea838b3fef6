using System.Collections.Generic;

namespace Llamalith.Constraints.Schemas;

/// <summary>What can stand at a place of a JSON text: one of some alternatives, each of one type.</summary>
internal sealed class Shape
{
    public bool Null { get; set; }

    public bool True { get; set; }

    public bool False { get; set; }

    public List<StringForm> Strings { get; } = [];

    public List<NumberForm> Numbers { get; } = [];

    public List<ArrayForm> Arrays { get; } = [];

    public List<ObjectForm> Objects { get; } = [];
}

/// <summary>
/// What must hold of a value: some schemas, and that some others do not. Shapes are made of them when they are asked for.
/// </summary>
internal sealed class Demand(int id)
{
    public int Id => id;

    public required IReadOnlyList<(SchemaNode Schema, bool Holds)> Literals { get; init; }

    /// <summary>Made when the demand is first looked at.</summary>
    public Shape? Shape { get; set; }

    /// <summary>Whether any finite value fulfils it.</summary>
    public bool IsPossible { get; set; }
}

/// <summary>Objects.</summary>
internal sealed class ObjectForm
{
    /// <summary>The names that some schema mentions, with what must hold of their values.</summary>
    public required IReadOnlyList<(string Name, Demand Value)> Names { get; init; }

    /// <summary>Patterns of names, by which other names are told apart.</summary>
    public required IReadOnlyList<Dfa> Patterns { get; init; }

    /// <summary>What other names must be.</summary>
    public required IReadOnlyList<Dfa> NamePatterns { get; init; }

    /// <summary>What must hold of the value of another name, by which patterns it meets (a bit each).</summary>
    public required IReadOnlyDictionary<int, Demand> Others { get; init; }

    /// <summary>Whether each mentioned name must be there.</summary>
    public required IReadOnlyList<bool> Required { get; init; }

    public int Min { get; init; }

    public int Max { get; init; } = int.MaxValue;

    public bool IsPossible { get; set; }

    /// <summary>The automaton of its names, made when the first object of this form begins.</summary>
    public KeyForm? Keys { get; set; }
}
