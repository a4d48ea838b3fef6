using System;

namespace Llamalith.Contracts;

/// <summary>One hyperparameter of <see cref="ModelShape"/>: what it is called, and what files, messages and sources make of it.</summary>
public abstract class ShapeProperty
{
    private protected ShapeProperty(string name) => Name = name;

    /// <summary>The name of the property, which is also that of <see cref="LlamaModelAttribute"/>.</summary>
    public string Name { get; }

    /// <summary>Its value in a shape: an int, a double, a bool or a member of an enum; null where the shape does not say.</summary>
    public abstract object? ValueIn(ModelShape shape);

    /// <summary>What it is in a model of that shape where nobody writes it; null where it must be written.</summary>
    public object? DefaultIn(ModelShape shape) => Default(shape);

    /// <summary>Whether it matters in a model of that shape: the factor of a scaling does not where there is none.</summary>
    public bool IsUsedBy(ModelShape shape) => Used(shape);

    /// <summary>Whether every shape says it.</summary>
    internal bool IsRequired => ValueIn(ShapeProperties.Nothing) is not null;

    /// <summary>Its key in GGUF, behind the architecture; null where other keys or the tensors say it.</summary>
    internal string? Gguf { get; init; }

    /// <summary>Its key in Hugging Face's config.json, of <see cref="InRope"/> ones within the object of rotary settings.</summary>
    internal string? HuggingFace { get; init; }

    /// <summary>llama2.c's word for it; null where the format cannot say it, and means the default.</summary>
    internal string? Llama2c { get; init; }

    /// <summary>The tensors that a model has where this is true: files show it by having them.</summary>
    internal TensorCondition? Tensors { get; init; }

    /// <summary>Whether it is one of the settings that stretch rotary frequencies, which formats bind together.</summary>
    internal bool InRope { get; init; }

    /// <summary>The least that an integer can be.</summary>
    internal int Least { get; init; } = 1;

    /// <summary>Whether few models have it: a shape that does not say it means the default.</summary>
    internal bool IsTrait { get; init; }

    internal Func<ModelShape, object?> Default { private get; init; } = static _ => null;

    internal Func<ModelShape, bool> Used { private get; init; } = static _ => true;

    /// <summary>Whether a file of the second shape is right for a class of the first where the values differ.</summary>
    internal Func<ModelShape, ModelShape, bool> Tolerates { private get; init; } = static (_, _) => false;

    /// <summary>Whether a file's value is another than the class needs. What either does not say is not compared.</summary>
    internal bool Differs(ModelShape compiled, ModelShape file) =>
        IsUsedBy(compiled) && Meant(compiled) is { } mine && Meant(file) is { } theirs
        && !Same(mine, theirs) && !Tolerates(compiled, file);

    /// <summary>What a shape says of it, by its silence too; null where it says nothing.</summary>
    internal object? Meant(ModelShape shape) => ValueIn(shape) ?? (IsTrait ? DefaultIn(shape) : null);

    /// <summary>Whether a shape has another value of it than most models.</summary>
    internal bool IsUnusual(ModelShape shape) => ValueIn(shape) is { } value && !(DefaultIn(shape) is { } usual && Same(value, usual));

    /// <summary>Whether two values are the same. Files carry reals as 32-bit floats or short decimals: six equal digits suffice.</summary>
    internal static bool Same(object a, object b) =>
        (a, b) is (double x, double y) ? Math.Abs(x - y) <= 1e-6 * Math.Max(Math.Abs(x), Math.Abs(y)) : a.Equals(b);

    /// <summary>The shape with another value, of an enum its member or number; null where it is to say nothing.</summary>
    internal abstract ModelShape With(ModelShape shape, object? value);
}

/// <summary>A hyperparameter that is a text.</summary>
internal sealed class ShapeText(string name, Func<ModelShape, string?> value, Func<ModelShape, string?, ModelShape> with) : ShapeProperty(name)
{
    public override object? ValueIn(ModelShape shape) => value(shape);

    internal override ModelShape With(ModelShape shape, object? value) => with(shape, (string?)value);
}

/// <summary>A hyperparameter of a type.</summary>
internal sealed class ShapeProperty<T>(string name, Func<ModelShape, T?> value, Func<ModelShape, T?, ModelShape> with)
    : ShapeProperty(name)
    where T : struct
{
    public override object? ValueIn(ModelShape shape) => value(shape);

    internal override ModelShape With(ModelShape shape, object? value) => with(shape, value is null ? null : (T)value);
}
