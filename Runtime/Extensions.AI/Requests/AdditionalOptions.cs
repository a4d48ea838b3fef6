using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.Json;
using Llamalith.Sampling;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI.Requests;

/// <summary>
/// Options that <see cref="ChatOptions"/> has no property for, under the names that llama.cpp's server has for them. Other names are other
/// clients' and
/// mean nothing here.
/// </summary>
internal static class AdditionalOptions
{
    /// <summary>Sampling with these options.</summary>
    /// <exception cref="ArgumentException">One is no number, or out of range.</exception>
    /// <exception cref="NotSupportedException">One cannot be honoured.</exception>
    public static SamplingOptions Apply(AdditionalPropertiesDictionary? options, SamplingOptions sampling, int vocabSize)
    {
        if (options is null)
            return sampling;
        if (options.TryGetValue("n", out object? count) && count is not null && Whole("n", count) != 1)
            throw new NotSupportedException($"AdditionalProperties has n = {count}, but a response is one answer.");
        foreach ((string name, object? value) in options)
        {
            if (value is null)
                continue;
            sampling = name switch
            {
                "min_p" => sampling with { MinP = Real(name, value) },
                "typical_p" => sampling with { TypicalP = Real(name, value) },
                "repeat_penalty" or "repetition_penalty" => sampling with { RepetitionPenalty = Real(name, value) },
                "repeat_last_n" => sampling with { RepetitionWindow = Whole(name, value) },
                "top_n_sigma" => sampling with { TopNSigma = Math.Max(0, Real(name, value)) },
                "xtc_probability" => sampling with { XtcProbability = Real(name, value) },
                "xtc_threshold" => sampling with { XtcThreshold = Real(name, value) },
                "dry_multiplier" => sampling with { DryMultiplier = Real(name, value) },
                "dry_base" => sampling with { DryBase = Real(name, value) },
                "dry_allowed_length" => sampling with { DryAllowedLength = Whole(name, value) },
                "dynatemp_range" => sampling with { DynamicTemperatureRange = Real(name, value) },
                "dynatemp_exponent" => sampling with { DynamicTemperatureExponent = Real(name, value) },
                "mirostat" => sampling with { Mirostat = Mirostat(value) },
                "mirostat_tau" => sampling with { MirostatTau = Real(name, value) },
                "mirostat_eta" => sampling with { MirostatEta = Real(name, value) },
                "logit_bias" => sampling with { LogitBias = Bias(value, vocabSize) },
                _ => sampling,
            };
        }
        return sampling;
    }

    /// <summary>
    /// Of how many of the likeliest tokens the response tells beside those of the answer: `logprobs` and `top_logprobs`; null where it tells
    /// of none.
    /// </summary>
    /// <exception cref="ArgumentException">One is no number, or out of range.</exception>
    public static int? TopLogProbs(AdditionalPropertiesDictionary? options)
    {
        if (options is null)
            return null;
        int? top = options.TryGetValue("top_logprobs", out object? most) && most is not null ? Whole("top_logprobs", most) : null;
        if (top is < 0 or > 20)
            throw Wrong("top_logprobs", top, "0 to 20");
        return options.TryGetValue("logprobs", out object? asked) && asked is not null
            ? IsOn("logprobs", asked) ? top ?? 0 : null
            : top;
    }

    /// <summary>Variables for the template: `chat_template_kwargs`, an object.</summary>
    /// <exception cref="ArgumentException">It is no object.</exception>
    public static IEnumerable<(string Name, JsonElement Value)> Variables(AdditionalPropertiesDictionary? options)
    {
        if (options is null || !options.TryGetValue("chat_template_kwargs", out object? value) || value is null)
            yield break;
        JsonElement variables = JsonValues.ElementOf(value);
        if (variables.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"chat_template_kwargs must be an object, but is of kind {variables.ValueKind}.", nameof(options));
        foreach (JsonProperty variable in variables.EnumerateObject())
            yield return (variable.Name, variable.Value);
    }

    private static bool IsOn(string name, object value) => value switch
    {
        bool on => on,
        JsonElement { ValueKind: JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null } json => json.ValueKind == JsonValueKind.True,
        _ => Whole(name, value) != 0,
    };

    private static bool Mirostat(object value) => Whole("mirostat", value) switch
    {
        0 => false,
        2 => true,
        var version => throw new NotSupportedException($"mirostat = {version}, but 0 (none) and version 2 are there."),
    };

    private static Dictionary<int, float> Bias(object value, int vocabSize)
    {
        JsonElement json = JsonValues.ElementOf(value);
        Dictionary<int, float> bias = [];
        if (json.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty pair in json.EnumerateObject())
                Add(pair.Name, pair.Value);
        }
        else
        {
            if (json.ValueKind != JsonValueKind.Array)
                throw Wrong("logit_bias", value, "an object of tokens and biases");
            foreach (JsonElement pair in json.EnumerateArray())
            {
                if (pair.ValueKind != JsonValueKind.Array || pair.GetArrayLength() != 2)
                    throw Wrong("logit_bias", value, "a list of pairs of a token and its bias");
                Add(pair[0].ToString(), pair[1]);
            }
        }
        return bias;

        void Add(string token, JsonElement amount)
        {
            if (!int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= vocabSize)
                throw Wrong("logit_bias", token, $"of tokens from 0 to {vocabSize - 1}");
            // False forbids the token.
            bias[id] = amount.ValueKind == JsonValueKind.False ? float.NegativeInfinity : Real("logit_bias", amount);
        }
    }

    private static float Real(string name, object value) => value switch
    {
        float single => single,
        double number => (float)number,
        decimal number => (float)number,
        int number => number,
        long number => number,
        JsonElement { ValueKind: JsonValueKind.Number } number => (float)number.GetDouble(),
        string text when float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) => number,
        _ => throw Wrong(name, value, "a number"),
    };

    private static int Whole(string name, object value)
    {
        float number = Real(name, value);
        return number == MathF.Truncate(number) && Math.Abs(number) < 1e9f ? (int)number : throw Wrong(name, value, "a whole number");
    }

    private static ArgumentException Wrong(string name, object? value, string must) =>
        new($"AdditionalProperties has {name} = {value}, but it must be {must}.", nameof(value));
}
