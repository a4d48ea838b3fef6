using System;
using System.Collections.Generic;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Requests;

/// <summary>The fields that say how tokens are chosen: all APIs call them alike.</summary>
internal static class SamplingFields
{
    private static readonly (string Name, double Least, double Most)[] s_reals =
    [
        ("min_p", 0, 1), ("typical_p", 0, 1), ("repeat_penalty", 1e-6, 1e6), ("repetition_penalty", 1e-6, 1e6), ("top_n_sigma", -1, 1e6),
        ("xtc_probability", 0, 1), ("xtc_threshold", 0, 1), ("dry_multiplier", 0, 1e6), ("dry_base", 0, 1e6), ("dynatemp_range", 0, 1e6),
        ("dynatemp_exponent", 0, 1e6), ("mirostat_tau", 0, 1e6), ("mirostat_eta", 0, 1e6),
    ];

    private static readonly (string Name, long Least)[] s_wholes = [("repeat_last_n", -1), ("dry_allowed_length", 0), ("mirostat", 0)];

    /// <summary>Reads them into options.</summary>
    /// <exception cref="ApiException">One makes no sense.</exception>
    public static void Read(Fields fields, ChatOptions options)
    {
        options.Temperature = fields.Real("temperature", 0, 1000) ?? options.Temperature;
        options.TopP = fields.Real("top_p", 0, 1) ?? options.TopP;
        options.TopK = (int?)fields.Whole("top_k", -1, int.MaxValue) is { } topK ? Math.Max(0, topK) : options.TopK;
        options.FrequencyPenalty = fields.Real("frequency_penalty", -100, 100) ?? options.FrequencyPenalty;
        options.PresencePenalty = fields.Real("presence_penalty", -100, 100) ?? options.PresencePenalty;
        // -1 asks for any.
        options.Seed = fields.Whole("seed", -1, long.MaxValue) is { } seed and >= 0 ? seed : options.Seed;
        List<string> stops = [.. fields.Texts("stop")];
        if (stops.Contains(""))
        {
            string path = fields.Name("stop");
            throw ApiException.BadField(path, $"{path} has an empty text, which would end every answer at once.");
        }
        if (stops.Count > 0)
            options.StopSequences = stops;

        AdditionalPropertiesDictionary more = options.AdditionalProperties ??= [];
        foreach ((string name, double least, double most) in s_reals)
        {
            if (fields.Real(name, least, most) is { } value)
                more[name] = value;
        }
        foreach ((string name, long least) in s_wholes)
        {
            if (fields.Whole(name, least, int.MaxValue) is { } value)
                more[name] = (int)value;
        }
        if (fields.Value("logit_bias") is { } bias)
        {
            if (bias.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
                throw Fields.Wrong(fields.Name("logit_bias"), bias, "an object of tokens and biases");
            more["logit_bias"] = bias.Clone();
        }
    }
}
