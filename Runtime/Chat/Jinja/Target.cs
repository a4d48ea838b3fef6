using System.Collections.Generic;
using System.Globalization;

namespace Llamalith.Chat.Jinja;

/// <summary>What is assigned to.</summary>
internal abstract class Target
{
    public abstract void Assign(Run run, object? value);
}

internal sealed class NameTarget(int id) : Target
{
    public override void Assign(Run run, object? value) => run.Scope.Set(id, value);
}

/// <summary>An attribute of a namespace.</summary>
internal sealed class AttributeTarget(Variable space, string name) : Target
{
    public override void Assign(Run run, object? value)
    {
        if (space.Evaluate(run) is not NamespaceValue target)
            throw new TemplateError(ChatTemplateErrorKind.Other, "cannot assign attribute on non-namespace object");
        target.Set(run, name, value);
    }
}

internal sealed class TupleTarget(Target[] targets) : Target
{
    public override void Assign(Run run, object? value)
    {
        IEnumerable<object?> elements =
            Values.Elements(value) ?? throw TemplateError.Type($"cannot unpack non-iterable {Values.TypeName(value)} object");
        List<object?> items = [];
        foreach (object? element in elements)
        {
            if (items.Count == targets.Length)
            {
                throw TemplateError.Value(
                    string.Create(CultureInfo.InvariantCulture, $"too many values to unpack (expected {targets.Length})"));
            }

            items.Add(element);
        }
        if (items.Count < targets.Length)
        {
            throw TemplateError.Value(
                string.Create(CultureInfo.InvariantCulture, $"not enough values to unpack (expected {targets.Length}, got {items.Count})"));
        }

        for (int i = 0; i < targets.Length; i++)
            targets[i].Assign(run, items[i]);
    }
}
