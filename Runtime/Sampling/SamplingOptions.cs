using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Sampling;

/// <summary>
/// How the next token is chosen. A default changes nothing: it draws from the model's own distribution.
/// </summary>
/// <remarks>
/// The order is llama.cpp's: repetition penalty, top-k, top-p, min-p, temperature. So what is cut off does not depend on the
/// temperature: a higher one makes choices among the likely tokens bolder, but lets no token in from the tail. (llama2.c
/// and others apply the temperature first.)
/// </remarks>
public sealed record SamplingOptions
{
    /// <summary>Always the likeliest token: temperature 0.</summary>
    public static SamplingOptions Greedy { get; } = new() { Temperature = 0 };

    /// <summary>The logits are divided by it before the draw: below 1 is more certain, above 1 bolder. 0 takes the likeliest token. Default 1.</summary>
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

    /// <summary>How many of the last tokens count as seen lately. Default 64.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative.</exception>
    public int RepetitionWindow { get; init => field = Require(value, value >= 0, "0 or more"); } = 64;

    /// <summary>Where the random numbers begin; with the same seed the same logits give the same tokens on every machine. Default: null, a new seed each time.</summary>
    public ulong? Seed { get; init; }

    private static T Require<T>(T value, bool holds, string range, [CallerMemberName] string property = "") =>
        holds ? value : throw new ArgumentOutOfRangeException(property, value, $"{property} must be {range}.");
}
