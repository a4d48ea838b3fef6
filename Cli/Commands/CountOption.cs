using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Llamalith.Cli.Commands;

/// <summary>An option that is a number of things, with a least value.</summary>
internal static class CountOption
{
    /// <summary>Makes one.</summary>
    /// <param name="name">Its long name, with dashes.</param>
    /// <param name="alias">Its short one.</param>
    /// <param name="usual">Its value where it is not given.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="description">For the help.</param>
    public static Option<int> Create(string name, string alias, int usual, int least, string description) => new(name, alias)
    {
        Description = description,
        DefaultValueFactory = _ => usual,
        CustomParser = result => Parse(result, alias, least) ?? usual,
    };

    /// <summary>Makes one that is null where it is not given.</summary>
    /// <param name="name">Its long name, with dashes.</param>
    /// <param name="alias">Its short one.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="description">For the help.</param>
    public static Option<int?> Create(string name, string alias, int least, string description) => new(name, alias)
    {
        Description = description,
        CustomParser = result => Parse(result, alias, least),
    };

    private static int? Parse(ArgumentResult result, string alias, int least)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count) && count >= least)
            return count;
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{alias} must be a whole number of at least {least}, but is '{text}'."));
        return null;
    }
}
