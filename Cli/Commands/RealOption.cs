using System.CommandLine;
using System.Globalization;

namespace Llamalith.Cli.Commands;

/// <summary>An option that is a real number within bounds.</summary>
internal static class RealOption
{
    /// <summary>Makes one.</summary>
    /// <param name="name">Its name, with dashes.</param>
    /// <param name="usual">Its value where it is not given.</param>
    /// <param name="least">The least that it may be; <see cref="float.Epsilon"/> for anything above 0.</param>
    /// <param name="most">The most that it may be.</param>
    /// <param name="description">For the help.</param>
    public static Option<float> Create(string name, float usual, float least, float most, string description) => new(name)
    {
        Description = description,
        HelpName = "number",
        DefaultValueFactory = _ => usual,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && value >= least && value <= most)
                return value;
            string from = least == float.Epsilon ? "above 0" : $"of at least {Text(least)}";
            string bounds = most == float.MaxValue ? from : least == float.Epsilon
                ? $"{from} and at most {Text(most)}" : $"from {Text(least)} to {Text(most)}";
            result.AddError($"{name} must be a number {bounds}, but is '{text}'.");
            return usual;
        },
    };

    private static string Text(float value) => value.ToString(CultureInfo.InvariantCulture);
}
