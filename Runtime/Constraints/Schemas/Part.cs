using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Schemas;

/// <summary>One combination of what some schemas ask for; a demand comes down to a few of them, any of which will do.</summary>
internal sealed class Part
{
    public const int Null = 1, True = 2, False = 4, Integer = 8, Fraction = 16, String = 32, Array = 64, Object = 128, Boolean = True | False, Number = Integer | Fraction, All = 255;

    /// <summary>The types that are left.</summary>
    public int Types { get; set; } = All;

    /// <summary>Whether integers must be written without point and exponent.</summary>
    public bool IsWrittenAsInteger { get; set; }

    /// <summary>The values that are left; null for any.</summary>
    public List<SchemaNode>? Only { get; set; }

    public List<SchemaNode> Not { get; private init; } = [];

    public ExactNumber? Least { get; private set; }

    public bool LeastIsOut { get; private set; }

    public ExactNumber? Most { get; private set; }

    public bool MostIsOut { get; private set; }

    public List<ExactNumber> Divisors { get; private init; } = [];

    /// <summary>What it must be no multiple of.</summary>
    public List<ExactNumber> NotDivisors { get; private init; } = [];

    public int MinLength { get; set; }

    public int MaxLength { get; set; } = int.MaxValue;

    public List<(Dfa Dfa, bool IsNegative)> Patterns { get; private init; } = [];

    public List<ArrayClause> ArrayClauses { get; private init; } = [];

    /// <summary>What some elements must be.</summary>
    public List<ContainsClause> ContainsClauses { get; private init; } = [];

    public int MinItems { get; set; }

    public int MaxItems { get; set; } = int.MaxValue;

    public List<ObjectClause> ObjectClauses { get; private init; } = [];

    public SortedSet<string> Required { get; private init; } = new(StringComparer.Ordinal);

    public List<(SchemaNode Schema, bool Holds)> NameLiterals { get; private init; } = [];

    public int MinProperties { get; set; }

    public int MaxProperties { get; set; } = int.MaxValue;

    public Part Clone() => new()
    {
        Types = Types,
        IsWrittenAsInteger = IsWrittenAsInteger,
        Only = Only is null ? null : [.. Only],
        Not = [.. Not],
        Least = Least,
        LeastIsOut = LeastIsOut,
        Most = Most,
        MostIsOut = MostIsOut,
        Divisors = [.. Divisors],
        NotDivisors = [.. NotDivisors],
        MinLength = MinLength,
        MaxLength = MaxLength,
        Patterns = [.. Patterns],
        ArrayClauses = [.. ArrayClauses],
        ContainsClauses = [.. ContainsClauses],
        MinItems = MinItems,
        MaxItems = MaxItems,
        ObjectClauses = [.. ObjectClauses],
        Required = new SortedSet<string>(Required, StringComparer.Ordinal),
        NameLiterals = [.. NameLiterals],
        MinProperties = MinProperties,
        MaxProperties = MaxProperties,
    };

    public void RaiseLeast(ExactNumber least, bool isOut)
    {
        if (Least is { } now && now.CompareTo(least) is var order && (order > 0 || (order == 0 && !isOut)))
            return;
        (Least, LeastIsOut) = (least, isOut);
    }

    public void LowerMost(ExactNumber most, bool isOut)
    {
        if (Most is { } now && now.CompareTo(most) is var order && (order < 0 || (order == 0 && !isOut)))
            return;
        (Most, MostIsOut) = (most, isOut);
    }
}

/// <summary>What one schema says of elements: that they meet some, or do not.</summary>
internal sealed record ArrayClause(IReadOnlyList<SchemaNode> First, SchemaNode? Rest, bool Holds = true);

/// <summary>So many elements, from one on, meet a schema, or do not.</summary>
internal sealed record ContainsClause(SchemaNode Schema, bool Holds, int From, int Min, int Max);

/// <summary>What one schema says of names and their values.</summary>
internal sealed record ObjectClause(
    IReadOnlyDictionary<string, (SchemaNode Schema, bool Holds)> Names, IReadOnlyList<(string Text, Dfa Pattern, SchemaNode Schema)> Patterns, SchemaNode? Others);
