using System.CommandLine;

namespace Llamalith.Cli.Commands;

/// <summary>The option that asks for JSON instead of text.</summary>
internal static class OutputOption
{
    private const string Text = "text", Json = "json";

    /// <summary>Makes one.</summary>
    public static Option<string> Create() =>
        new Option<string>("--output", "-o") { Description = "How to write the result.", DefaultValueFactory = _ => Text }
        .AcceptOnlyFromAmong(Text, Json);

    /// <summary>Whether its value asks for JSON.</summary>
    public static bool IsJson(string value) => value == Json;
}
