using System.Collections.Generic;
using System.CommandLine;
using Llamalith.Cli.Texts;

namespace Llamalith.Cli.Commands;

/// <summary>The options by which every verb takes a text: from the command line, a file or standard input.</summary>
/// <param name="description">What the text is, for the help.</param>
internal sealed class TextOptions(string description)
{
    private const string PromptName = "--prompt", PromptAlias = "-p";

    private readonly Option<string?> _prompt = new(PromptName, PromptAlias) { HelpName = "text", Description = description };
    private readonly Option<string?> _file = new Option<string?>(
        "--file", "-f") { HelpName = "file", Description = "A file that holds it instead, as UTF-8; - for standard input." }.RejectEmpty();
    private readonly Option<bool> _escapes =
        new("--escapes", "-e") { Description = $"Let {TextEscapes.Known} in the text stand for what they name." };

    /// <summary>All of them, in the order of the help.</summary>
    public IEnumerable<Option> All => [_prompt, _file, _escapes];

    /// <summary>The text; null where none is given.</summary>
    /// <exception cref="CliException">Two are given, or it is no text.</exception>
    /// <exception cref="System.IO.IOException">Its file cannot be read.</exception>
    public string? Read(ParseResult result)
    {
        string? text = (result.GetValue(_prompt), result.GetValue(_file)) switch
        {
            (not null, not null) => throw new CliException("Both -p and -f give a text, but there can be one only."),
            (null, { } file) => TextFile.Read(file),
            ({ } prompt, null) => prompt,
            _ => null,
        };
        return text is not null && result.GetValue(_escapes) ? TextEscapes.Replace(text) : text;
    }

    /// <summary>The text, where the verb makes no sense without.</summary>
    /// <inheritdoc cref="Read"/>
    public string Require(ParseResult result) =>
        Read(result) ?? throw new CliException("-p TEXT or -f FILE must give a text; -f - takes it from standard input.");

    /// <summary>What messages call the text.</summary>
    public string NameOf(ParseResult result) => result.GetValue(_file) is { } file ? TextFile.NameOf(file) : "The text of -p";

    /// <summary>
    /// A command line in which a text that follows its option belongs to it, whatever it looks like: others may have written it, and "-n=4"
    /// must not become an option.
    /// </summary>
    public static string[] Bind(IReadOnlyList<string> args)
    {
        List<string> bound = new(args.Count);
        for (int i = 0; i < args.Count; i++)
        {
            if (args[i] == "--")
            {
                for (; i < args.Count; i++)
                    bound.Add(args[i]);
            }
            else if (args[i] is PromptName or PromptAlias && i + 1 < args.Count && args[i + 1].StartsWith('-'))
            {
                bound.Add($"{args[i]}={args[++i]}");
            }
            else
            {
                bound.Add(args[i]);
            }
        }

        return [.. bound];
    }
}
