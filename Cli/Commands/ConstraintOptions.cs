using System.CommandLine;
using System.Linq;
using Llamalith.Cli.Texts;
using Llamalith.Constraints;

namespace Llamalith.Cli.Commands;

/// <summary>The options that say what a text must be.</summary>
internal sealed class ConstraintOptions
{
    public Option<string?> Schema { get; } = new Option<string?>("--schema") { HelpName = "file", Description = "A JSON schema, which the text must meet." }.RejectEmpty();

    public Option<string?> Grammar { get; } = new Option<string?>("--grammar")
    {
        HelpName = "file",
        Description = "A grammar in llama.cpp's GBNF, whose rule root the text must follow.",
    }.RejectEmpty();

    public Option<string?> Regex { get; } = new("--regex")
    {
        HelpName = "text",
        Description = "A regular expression of ECMA-262, which must match somewhere in the text.",
    };

    public Option<bool> Json { get; } = new("--json") { Description = "The text must be a JSON value." };

    public Option<bool> Plain { get; } = new("--plain")
    {
        Description = "One plain form of JSON only: no white space, no needless escapes, no exponents.",
    };

    /// <summary>Compiles what is asked for; null where nothing is.</summary>
    /// <exception cref="CliException">It cannot be honoured, or there is more than one.</exception>
    public Constraint? Read(ParseResult result)
    {
        string? schema = result.GetValue(Schema), grammar = result.GetValue(Grammar), regex = result.GetValue(Regex);
        bool json = result.GetValue(Json), plain = result.GetValue(Plain);
        if (new[] { schema is not null, grammar is not null, regex is not null, json }.Count(static given => given) > 1)
            throw new CliException("Only one of --schema, --grammar, --regex and --json can say what the text must be.");
        try
        {
            return schema is not null ? Constraint.FromJsonSchema(TextFile.Read(schema), plain)
                : grammar is not null ? Constraint.FromGrammar(TextFile.Read(grammar))
                : regex is not null ? Constraint.FromRegex(regex)
                : json ? Constraint.AnyJson(plain) : null;
        }
        catch (ConstraintException e)
        {
            throw new CliException($"{schema ?? grammar ?? "--regex"}: {e.Message}", e);
        }
    }
}
