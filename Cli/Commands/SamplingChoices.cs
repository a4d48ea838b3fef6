using System.CommandLine;
using System.Globalization;
using Llamalith.Sampling;

namespace Llamalith.Cli.Commands;

/// <summary>The options that say how tokens are chosen.</summary>
internal sealed class SamplingChoices
{
    private readonly Option<float> _temperature =
        RealOption.Create("--temp", 0.8f, 0, float.MaxValue, "Temperature: 0 always takes the likeliest token, higher is bolder.");

    private readonly Option<int> _topK =
        CountOption.Create("--top-k", "--top-k", 40, 0, "Draw from so many of the likeliest tokens; 0 for no limit.");

    private readonly Option<float> _topP = RealOption.Create(
        "--top-p", 0.95f, float.Epsilon, 1, "Draw from the likeliest tokens that together have this probability; 1 for no limit.");

    private readonly Option<float> _minP =
        RealOption.Create(
            "--min-p", 0.05f, 0, 1, "Draw from tokens that are at least this share as likely as the likeliest; 0 for no limit.");

    private readonly Option<float> _penalty =
        RealOption.Create(
            "--repeat-penalty", 1, float.Epsilon, float.MaxValue, "Divides the logits of the last 64 tokens; 1 changes nothing.");

    private readonly Option<ulong?> _seed = new("--seed")
    {
        HelpName = "number",
        Description = "The same seed gives the same text again. Default: another one each time.",
        CustomParser = static result =>
        {
            string text = result.Tokens[0].Value;
            if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value))
                return value;
            result.AddError($"--seed must be a whole number, 0 or more, but is '{text}'.");
            return null;
        },
    };

    /// <summary>All of them, in the order of the help.</summary>
    public Option[] All => [_temperature, _topK, _topP, _minP, _penalty, _seed];

    /// <summary>What the command line says.</summary>
    public SamplingOptions Read(ParseResult result) => new()
    {
        Temperature = result.GetValue(_temperature),
        TopK = result.GetValue(_topK),
        TopP = result.GetValue(_topP),
        MinP = result.GetValue(_minP),
        RepetitionPenalty = result.GetValue(_penalty),
        Seed = result.GetValue(_seed),
    };
}
