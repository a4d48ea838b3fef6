namespace Llamalith.Chat.Jinja;

/// <summary>A token of a template: its kind by Jinja's own name, and its value.</summary>
internal readonly record struct Token(string Kind, string Text, object? Value, int Line)
{
    public bool IsName(string name) => Kind == "name" && Text == name;

    /// <summary>What messages call it.</summary>
    public string Description => Kind switch
    {
        "name" => Text,
        _ => Lexer.Describe(Kind),
    };
}
