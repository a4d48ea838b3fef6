using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Llamalith.StoryTraining.World;

/// <summary>Lists of words and rules that make texts of them.</summary>
internal sealed class Grammar
{
    private readonly Dictionary<string, List<Entity>> _lists = [];
    private readonly Dictionary<string, List<Alternative>> _rules = [];

    /// <summary>The grammar of the story world, from the resources of this assembly.</summary>
    public static Grammar OfStoryWorld()
    {
        Grammar grammar = new();
        foreach (string resource in (string[])["words.txt", "plots.txt", "wishes.txt"])
        {
            using Stream stream = typeof(Grammar).Assembly.GetManifestResourceStream(resource)
                ?? throw new FileNotFoundException($"The resource {resource} is missing.");
            using StreamReader reader = new(stream);
            string text = reader.ReadToEnd();
            GrammarReader.Read(grammar, text, resource);
            grammar.Fingerprint = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(grammar.Fingerprint + text)))[..16];
        }

        grammar.Check();
        return grammar;
    }

    /// <summary>Changes with every change of the words and rules.</summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>The lists by name.</summary>
    public IReadOnlyDictionary<string, List<Entity>> Lists => _lists;

    /// <summary>The rules by name.</summary>
    public IReadOnlyDictionary<string, List<Alternative>> Rules => _rules;

    /// <summary>The list of a name, made when it is first asked for.</summary>
    internal List<Entity> ListToFill(string name) => _lists.TryGetValue(name, out List<Entity>? list) ? list : _lists[name] = [];

    /// <summary>The rule of a name, made when it is first asked for.</summary>
    internal List<Alternative> RuleToFill(string name) => _rules.TryGetValue(name, out List<Alternative>? rule) ? rule : _rules[name] = [];

    /// <summary>
    /// Refuses names that lead nowhere, and lists that say a word twice: both would make some text ambiguous or impossible.
    /// </summary>
    /// <exception cref="InvalidDataException">Something is amiss; the message says what and where.</exception>
    public void Check()
    {
        foreach ((string name, List<Entity> list) in _lists)
        {
            if (list.GroupBy(entity => entity.Text.Source).FirstOrDefault(group => group.Count() > 1) is { } twice)
                throw new InvalidDataException($"The list {name} has '{twice.Key}' twice.");
            foreach (Entity entity in list)
            {
                CheckTemplate(entity.Text);
                foreach (Template attribute in entity.Attributes.Values)
                    CheckTemplate(attribute);
            }
        }

        foreach (Alternative alternative in _rules.Values.SelectMany(rule => rule))
            CheckTemplate(alternative.Text);
    }

    private void CheckTemplate(Template template)
    {
        foreach (Part part in template.Parts)
        {
            switch (part)
            {
                case DrawPart draw when !_lists.ContainsKey(draw.List):
                    throw new InvalidDataException($"'{template.Source}' draws from the list {draw.List}, which is missing.");
                case RulePart rule when !_rules.ContainsKey(rule.Rule):
                    throw new InvalidDataException($"'{template.Source}' names the rule {rule.Rule}, which is missing.");
                case ChoicePart choice:
                    foreach (Template option in choice.Options)
                        CheckTemplate(option);
                    break;
            }
        }
    }
}
