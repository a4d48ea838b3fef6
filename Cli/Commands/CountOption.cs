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
    /// <param name="most">The most that it may be.</param>
    public static Option<int> Create(string name, string alias, int usual, int least, string description, int most = int.MaxValue) =>
        new(name, alias)
    {
        Description = description,
        DefaultValueFactory = _ => usual,
        CustomParser = result => Parse(result, alias, least, most) ?? usual,
    };

    /// <summary>Makes one that is null where it is not given.</summary>
    /// <param name="name">Its long name, with dashes.</param>
    /// <param name="alias">Its short one.</param>
    /// <param name="least">The least that it may be.</param>
    /// <param name="description">For the help.</param>
    /// <param name="most">The most that it may be.</param>
    public static Option<int?> Create(string name, string alias, int least, string description, int most = int.MaxValue) => new(name, alias)
    {
        Description = description,
        CustomParser = result => Parse(result, alias, least, most),
    };

    private static int? Parse(ArgumentResult result, string alias, int least, int most)
    {
        string text = result.Tokens[0].Value;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int count) && count >= least
            && count <= most)
        {
            return count;
        }

        string bounds = most < int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"from {least} to {most}")
            : string.Create(CultureInfo.InvariantCulture, $"of at least {least}");
        result.AddError($"{alias} must be a whole number {bounds}, but is '{text}'.");
        return null;
    }
}
