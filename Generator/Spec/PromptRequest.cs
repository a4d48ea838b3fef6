using System.Linq;

namespace Llamalith.Generator.Spec;

/// <summary>A [Prompt]: a name and what it says, as far as they compile.</summary>
internal sealed record PromptRequest(string Name, string Text)
{
    // The class of the members, and what it inherits.
    private static readonly string[] s_taken =
        ["Prompts", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString"];

    /// <summary>Whether the name is a letter, then letters, digits, '-' or '_', and its member is none that every class has.</summary>
    public bool HasUsableName =>
        Name.Length > 0 && IsLetter(Name[0]) && Name.All(static c => IsLetter(c) || c is (>= '0' and <= '9') or '-' or '_')
            && !s_taken.Contains(Member);

    /// <summary>The name in Pascal case, as in StoryTeller for story-teller.</summary>
    public string Member => string.Concat(Name.Split('-', '_').Where(static part => part.Length > 0)
        .Select(static part => char.ToUpperInvariant(part[0]) + part.Substring(1)));

    private static bool IsLetter(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');
}
