using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Llamalith.StoryTraining.World;

/// <summary>
/// Makes one text of a grammar: follows the rules, keeps the state of the story in variables, and leaves every decision to an
/// <see cref="IChoices"/>. The state is what makes a story hold together: who is in it, what they have, where they are, how it ends.
/// </summary>
internal sealed class Expansion(Grammar grammar, IChoices choices, StoryText text)
{
    private static readonly string[] s_forms = ["past", "ing", "plural"];

    private readonly Dictionary<string, Entity> _variables = [];
    private readonly Dictionary<string, string> _wanted = [];

    /// <summary>What the variables are bound to.</summary>
    public IReadOnlyDictionary<string, Entity> Variables => _variables;

    /// <summary>Sets a variable before the expansion begins.</summary>
    public void Bind(string path, Entity value) => _variables[path] = value;

    /// <summary>Leaves a variable only one value that it may be drawn as. Where the rules do not come to that, the text fails.</summary>
    public void Want(string path, string value) => _wanted[path] = value;

    /// <summary>What a variable says.</summary>
    /// <exception cref="KeyNotFoundException">It is not bound.</exception>
    public string TextOf(string path) => _variables[path].Text.Source;

    /// <summary>What a variable says; null where it is not bound.</summary>
    public string? FindText(string path) => _variables.TryGetValue(path, out Entity? entity) ? entity.Text.Source : null;

    /// <summary>Expands a rule.</summary>
    public void Run(string rule)
    {
        Expand(rule);
        text.Finish();
    }

    private void Expand(string rule)
    {
        List<Alternative> open = [];
        Span<int> weights = stackalloc int[64];
        foreach (Alternative alternative in grammar.Rules[rule])
        {
            if (!alternative.Guards.All(Holds))
                continue;
            weights[open.Count] = alternative.Weight;
            open.Add(alternative);
        }

        if (open.Count == 0)
            throw new InvalidDataException($"No alternative of the rule {rule} is open after '{text}'.");
        Write(open[choices.Choose(weights[..open.Count])].Text, capital: false);
    }

    private bool Holds(Guard guard)
    {
        bool bound = _variables.TryGetValue(guard.Path, out Entity? entity);
        bool holds = guard.Tag is { } tag
            ? bound && entity!.Tags.Contains(tag)
            : bound || _variables.Keys.Any(
                key => key.StartsWith(guard.Path, StringComparison.Ordinal) && key[guard.Path.Length..].StartsWith('.'));
        return holds == guard.Wanted;
    }

    private void Write(Template template, bool capital)
    {
        for (int i = 0; i < template.Parts.Count; i++)
        {
            // A wrong way need not be gone to its end.
            if (text.Failed)
                return;
            switch (template.Parts[i])
            {
                case LiteralPart literal:
                    text.Write(literal.Text, capital);
                    break;
                case ReferencePart reference:
                    WriteReference(reference.Path, reference.Capital || capital);
                    break;
                case DrawPart draw:
                    if (Draw(draw, mustShow: !draw.Silent || IsWritten(draw.Path!, template.Parts.Skip(i + 1))) is not { } entity)
                        return;
                    if (draw.Path is { } path)
                        _variables[path] = entity;
                    if (!draw.Silent)
                        Write(entity.Text, draw.Capital || capital);
                    break;
                case RulePart rule:
                    Expand(rule.Rule);
                    break;
                case ChoicePart choice:
                    Write(choice.Options[choices.Choose(choice.Options.Count)], capital);
                    break;
                case AssignPart assign:
                    _variables[assign.Path] = _variables.TryGetValue(assign.Value, out Entity? value) ? value : Entity.Word(assign.Value);
                    break;
            }

            capital = false;
        }
    }

    /// <summary>Whether the parts write a variable before any rule could set it anew.</summary>
    private static bool IsWritten(string path, IEnumerable<Part> parts) => parts.TakeWhile(part => part is not RulePart).Any(part =>
        part is ReferencePart reference && (reference.Path == path
            || (reference.Path.StartsWith(path + ".", StringComparison.Ordinal) && IsForm(reference.Path[(path.Length + 1)..]))));

    private Entity? Draw(DrawPart draw, bool mustShow)
    {
        string? wanted = draw.Path is { } path ? _wanted.GetValueOrDefault(path) : null;
        List<Entity> open = [];
        foreach (Entity entity in grammar.Lists[draw.List])
        {
            if (draw.Tags.All(entity.Tags.Contains) && (draw.Path is null || !IsBound(entity))
                && (wanted is null || entity.Text.Source == wanted))
            {
                open.Add(entity);
            }
        }

        if (open.Count == 0 && wanted is not null)
        {
            text.Fail();
            return null;
        }

        if (open.Count == 0)
        {
            throw new InvalidDataException(
                $"The list {draw.List} has nothing with the tags '{string.Join(' ', draw.Tags)}' left after '{text}'.");
        }

        return open[choices.Choose(open.Count, mustShow ? way => Shows(open[way]) : null)];
    }

    // By reference: entries of lists are the only ones that may be drawn twice, and records compare all they have.
    private bool IsBound(Entity entity)
    {
        foreach (Entity bound in _variables.Values)
        {
            if (ReferenceEquals(bound, entity))
                return true;
        }

        return false;
    }

    /// <summary>Whether the expected text, where there is one, has an entry in any form.</summary>
    private bool Shows(Entity entity)
    {
        if (entity.Text.Parts is not [LiteralPart { Text: { } phrase }])
            return true;
        return text.Expects(phrase) || s_forms.Any(form => text.Expects(Inflected(phrase, form)!));
    }

    private void WriteReference(string path, bool capital)
    {
        if (_variables.TryGetValue(path, out Entity? entity))
        {
            Write(entity.Text, capital);
            return;
        }

        int dot = path.LastIndexOf('.');
        if (dot > 0)
        {
            (string owner, string attribute) = (path[..dot], path[(dot + 1)..]);
            if (Pronoun(owner, attribute) is { } pronoun)
            {
                text.Write(pronoun, capital);
                return;
            }

            if (_variables.TryGetValue(owner, out entity))
            {
                if (entity.Attributes.TryGetValue(attribute, out Template? value))
                {
                    Write(value, capital);
                    return;
                }

                if (Inflected(entity.Text.Source, attribute) is { } inflected)
                {
                    text.Write(inflected, capital);
                    return;
                }
            }
        }

        throw new InvalidDataException($"The variable {path} is not bound after '{text}'.");
    }

    private static bool IsForm(string name) => s_forms.Contains(name);

    private static string? Inflected(string phrase, string form) => form switch
    {
        "past" => Inflection.Past(phrase),
        "ing" => Inflection.Doing(phrase),
        "plural" => Inflection.Plural(phrase),
        _ => null,
    };

    private string? Pronoun(string owner, string form)
    {
        if (!_variables.TryGetValue(owner + ".name", out Entity? name))
            return null;
        bool she = name.Tags.Contains("she");
        return form switch
        {
            "he" => she ? "she" : "he",
            "him" => she ? "her" : "him",
            "his" => she ? "her" : "his",
            _ => null,
        };
    }
}
