using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;

namespace Llamalith.Sampling;

/// <summary>
/// How the next token is chosen. A default changes nothing: it draws from the model's own distribution.
/// </summary>
/// <remarks>
/// The order is llama.cpp's: logit bias, penalties, DRY, top-n-sigma, top-k, typical, top-p, min-p, XTC, temperature; <see cref="Order"/>
/// is another one. So what is cut off does not depend on the temperature: a higher one makes choices among the likely tokens bolder, but
/// lets no token in from the tail. (llama2.c and others apply the temperature first.)
/// </remarks>
public sealed record SamplingOptions
{
    /// <summary>Always the likeliest token: temperature 0.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>
    /// The logits are divided by it before the draw: below 1 is more certain, above 1 bolder. 0 takes the likeliest token. Default 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative or not finite.</exception>
    public float Temperature { get; init => field = Require(value, value >= 0 && float.IsFinite(value), "0 or more, and finite"); } = 1;

    /// <summary>Only so many of the likeliest tokens are drawn from; 0 is no limit. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int TopK { get; init => field = Require(value, value >= 0, "0 or more"); }

    /// <summary>
    /// Only the likeliest tokens that together have at least this probability are drawn from; 1 is no limit. Default 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or above 1.</exception>
    public float TopP { get; init => field = Require(value, value > 0 && value <= 1, "above 0, and 1 or less"); } = 1;

    /// <summary>
    /// Only tokens that are at least this share as likely as the likeliest are drawn from; 0 is no limit. Default 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not within 0 to 1.</exception>
    public float MinP { get; init => field = Require(value, value >= 0 && value <= 1, "0 to 1"); }

    /// <summary>
    /// Logits of tokens seen lately are divided by it where positive, else multiplied; 1 changes nothing. Default 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or not finite.</exception>
    public float RepetitionPenalty { get; init => field = Require(value, value > 0 && float.IsFinite(value), "above 0, and finite"); } = 1;

    /// <summary>How many of the last tokens count as seen lately, for all three penalties; -1 for all. Default 64.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below -1.</exception>
    public int RepetitionWindow { get; init => field = Require(value, value >= -1, "-1 or more"); } = 64;

    /// <summary>Is taken from a token's logit for each time that it was seen lately. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not finite.</exception>
    public float FrequencyPenalty { get; init => field = Require(value, float.IsFinite(value), "finite"); }

    /// <summary>Is taken from a token's logit where it was seen lately at all. Default 0.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not finite.</exception>
    public float PresencePenalty { get; init => field = Require(value, float.IsFinite(value), "finite"); }

    /// <summary>What is added to the logits of some tokens; −∞ forbids one. Default: nothing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A token is negative, or its bias NaN or +∞.</exception>
    public IReadOnlyDictionary<int, float> LogitBias
    {
        get;
        init => field = RequireBias(value, nameof(LogitBias));
    } = new Dictionary<int, float>();

    /// <summary>
    /// DRY: where the last tokens repeat n earlier ones, n at least <see cref="DryAllowedLength"/>, the token that followed those loses
    /// this times
    /// <see cref="DryBase"/> to the power of n − <see cref="DryAllowedLength"/>. 0 for none. Default 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or not finite.</exception>
    public float DryMultiplier { get; init => field = Require(value, value >= 0 && float.IsFinite(value), "0 or more, and finite"); }

    /// <summary>How fast DRY's penalty grows. Default 1.75.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below 1, or not finite.</exception>
    public float DryBase { get; init => field = Require(value, value >= 1 && float.IsFinite(value), "1 or more, and finite"); } = 1.75f;

    /// <summary>Repetitions shorter than this cost nothing. Default 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int DryAllowedLength { get; init => field = Require(value, value >= 0, "0 or more"); } = 2;

    /// <summary>In how many of the last tokens repetitions are looked for; -1 for all. Default -1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Below -1.</exception>
    public int DryWindow { get; init => field = Require(value, value >= -1, "-1 or more"); } = -1;

    /// <summary>Tokens over which no repetition goes, such as those of line ends, colons and quotes. Default: none.</summary>
    public IReadOnlySet<int> DryBreakers { get; init; } = new HashSet<int>();

    /// <summary>
    /// Only tokens within so many standard deviations of the largest logit are drawn from; 0 is no limit. Default 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or not finite.</exception>
    public float TopNSigma { get; init => field = Require(value, value >= 0 && float.IsFinite(value), "0 or more, and finite"); }

    /// <summary>
    /// Only the tokens whose surprise is nearest to the expected one, and that together have at least this probability, are drawn from; 1
    /// is no limit. Default 1.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or above 1.</exception>
    public float TypicalP { get; init => field = Require(value, value > 0 && value <= 1, "above 0, and 1 or less"); } = 1;

    /// <summary>
    /// XTC: with this probability all tokens of at least <see cref="XtcThreshold"/> are excluded but the least likely of them. Default 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not within 0 to 1.</exception>
    public float XtcProbability { get; init => field = Require(value, value >= 0 && value <= 1, "0 to 1"); }

    /// <summary>How probable a token must be to be excluded by XTC; above 0.5 it never does anything. Default 0.1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not within 0 to 1.</exception>
    public float XtcThreshold { get; init => field = Require(value, value >= 0 && value <= 1, "0 to 1"); } = 0.1f;

    /// <summary>
    /// The temperature varies by this in both directions: a certain model gets the lower end, an uncertain one the higher. 0 for a fixed
    /// one. Default 0.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or not finite.</exception>
    public float DynamicTemperatureRange
    {
        get;
        init => field = Require(value, value >= 0 && float.IsFinite(value), "0 or more, and finite");
    }

    /// <summary>The power to which the relative entropy is raised that decides on a dynamic temperature. Default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or not finite.</exception>
    public float DynamicTemperatureExponent
    {
        get;
        init => field = Require(value, value > 0 && float.IsFinite(value), "above 0, and finite");
    } = 1;

    /// <summary>Top-p, min-p, typical and XTC leave at least so many tokens. Default 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public int MinKeep { get; init => field = Require(value, value > 0, "above 0"); } = 1;

    /// <summary>
    /// Whether Mirostat 2 takes the place of all that cuts off: it keeps the surprise of a text at <see cref="MirostatTau"/>, after
    /// penalties and temperature. Default false.
    /// </summary>
    public bool Mirostat { get; init; }

    /// <summary>The surprise, in bits a token, that Mirostat aims at. Default 5.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0, or not finite.</exception>
    public float MirostatTau { get; init => field = Require(value, value > 0 && float.IsFinite(value), "above 0, and finite"); } = 5;

    /// <summary>How fast Mirostat learns. Default 0.1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not within 0 to 1.</exception>
    public float MirostatEta { get; init => field = Require(value, value >= 0 && value <= 1, "0 to 1"); } = 0.1f;

    /// <summary>The order of the steps; those that are not in it are not taken. Default: <see cref="SamplerOrder.Default"/>.</summary>
    public IReadOnlyList<SamplerKind> Order { get; init; } = SamplerOrder.Default;

    /// <summary>
    /// Where the random numbers begin; with the same seed the same logits give the same tokens on every machine. Default: null, a new seed
    /// each time.
    /// </summary>
    public ulong? Seed { get; init; }

    private static IReadOnlyDictionary<int, float> RequireBias(IReadOnlyDictionary<int, float> bias, string property)
    {
        foreach (KeyValuePair<int, float> pair in bias)
        {
            if (pair.Key < 0 || float.IsNaN(pair.Value) || float.IsPositiveInfinity(pair.Value))
                throw new ArgumentOutOfRangeException(property, pair, $"{property} must be of tokens, and below +Infinity.");
        }
        return bias;
    }

    private static T Require<T>(T value, bool holds, string range, [CallerMemberName] string property = "") =>
        holds ? value : throw new ArgumentOutOfRangeException(property, value, $"{property} must be {range}.");
}
