using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.RegularExpressions;
using Llamalith.Contracts;
using Llamalith.Mapping;
using Llamalith.Safetensors;

namespace Llamalith.Checkpoints;

/// <summary>
/// Adapters as PEFT saves them: adapter_config.json with ranks and alphas, for some modules their own, and adapter_model.safetensors with
/// MODULE.lora_A [rank, inputs] and MODULE.lora_B [outputs, rank]. What would be left out of the computation is refused by its key.
/// </summary>
internal sealed class PeftLora
{
    private const string ConfigName = "adapter_config.json", FileName = "adapter_model.safetensors";
    private const string Prefix = "base_model.model.";

    // Settings that change what is computed, where they are set.
    private static readonly string[] s_refused =
    [
        "use_dora", "use_qalora", "lora_bias", "fan_in_fan_out", "modules_to_save", "layer_replication", "target_parameters",
        "trainable_token_indices", "alora_invocation_tokens",
    ];

    private readonly string _path;
    private readonly JsonElement _root;
    private readonly double _alpha;
    private readonly bool _isRankStabilized;
    private readonly (string Key, Regex Pattern, double Alpha)[] _alphas;

    private PeftLora(JsonElement root, string path)
    {
        _path = path;
        _root = root;
        string? type = Find("peft_type") is { } kind ? JsonFile.Text(kind, "peft_type", path) : null;
        if (type != "LORA")
            throw Bad($"peft_type = {Shown.Text(type ?? "nothing")}, but LORA is expected");
        foreach (string key in s_refused)
        {
            if (Find(key) is { } set && !IsOff(set))
                throw Bad($"{key} = {Shown.Text(set.GetRawText())}, which cannot be applied");
        }

        if (Find("bias") is { } bias && !(bias.ValueKind == JsonValueKind.String && JsonFile.Text(bias, "bias", path) == "none"))
            throw Bad($"bias = {Shown.Text(bias.GetRawText())}, but only none can be applied");
        _alpha = Number(Find("lora_alpha") ?? throw Bad($"lora_alpha is missing"), "lora_alpha");
        _isRankStabilized = Find("use_rslora")?.ValueKind == JsonValueKind.True;
        _alphas = [.. ReadAlphas()];
    }

    /// <summary>Opens a folder, or its .safetensors file.</summary>
    public static LoraAdapter Open(string path)
    {
        string file = Directory.Exists(path) ? Path.Combine(path, FileName) : path;
        string config = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, ConfigName);
        using JsonDocument document = JsonFile.Open(config);
        PeftLora lora = new(document.RootElement, config);
        return Handover.Make(SafetensorsFile.Open(file), lora.Read);
    }

    /// <summary>Takes over an open file and the text of its adapter_config.json.</summary>
    internal static LoraAdapter From(SafetensorsFile file, byte[] config)
    {
        using JsonDocument document = JsonFile.Parse(config, ConfigName);
        return new PeftLora(document.RootElement, ConfigName).Read(file);
    }

    private LoraAdapter Read(SafetensorsFile file)
    {
        // By module: the factors, and whether they are an embedding's.
        Dictionary<string, (SafetensorsTensor? A, SafetensorsTensor? B, bool IsEmbedding)> modules = [];
        foreach (SafetensorsTensor tensor in file.Tensors)
        {
            if (ModuleOf(tensor.Name) is { } place)
            {
                (SafetensorsTensor? a, SafetensorsTensor? b, _) = modules.GetValueOrDefault(place.Module);
                modules[place.Module] = (place.IsA ? tensor : a, place.IsA ? b : tensor, place.IsEmbedding);
            }
            else if (!tensor.Name.Contains(".base_layer.", StringComparison.Ordinal))
            {
                // Copies of the model's own matrices are saved beside; anything else would be left out.
                throw new ModelFormatException(
                    $"{file.Path}: the tensor {Shown.Text(tensor.Name)} is no factor of an adapter, and nothing else can be applied.");
            }
        }

        Dictionary<string, LoraPair> pairs = [];
        foreach ((string module, (SafetensorsTensor? a, SafetensorsTensor? b, bool isEmbedding)) in modules)
        {
            if (a is null || b is null)
                throw new ModelFormatException($"{file.Path}: of {Shown.Text(module)} only one of lora_A and lora_B is there.");
            if (TensorCatalog.CanonicalOfHuggingFace(module + ".weight") is not { } canonical)
                throw new ModelFormatException($"{file.Path}: {Shown.Text(module)} is no matrix of a Llama model.");
            LoraPair pair = isEmbedding
                ? new LoraPair(file.View(a), IsLeftTransposed: true, file.View(b), IsRightTransposed: true, 0)
                : new LoraPair(file.View(b), IsLeftTransposed: false, file.View(a), IsRightTransposed: false, 0);
            pair = pair.Checked(file.Path, module);
            double alpha = AlphaOf(module);
            pairs.Add(canonical, pair with { Scale = alpha / (_isRankStabilized ? Math.Sqrt(pair.Rank) : pair.Rank) });
        }

        return new LoraAdapter(file.Path, RopeLayout.HalfSplit, pairs, file);
    }

    // base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight; embeddings have no .weight, and some savers name the adapter before it.
    private static (string Module, bool IsA, bool IsEmbedding)? ModuleOf(string name)
    {
        string[] parts = name.Split('.');
        int at = Array.FindLastIndex(parts, static part => part is "lora_A" or "lora_B" or "lora_embedding_A" or "lora_embedding_B");
        if (at < 1 || parts.Length - at > 3)
            return null;
        string module = string.Join('.', parts[..at]);
        return (
            module.StartsWith(Prefix, StringComparison.Ordinal) ? module[Prefix.Length..] : module,
            parts[at].EndsWith('A'),
            parts[at].Contains("embedding", StringComparison.Ordinal));
    }

    // The first pattern that fits the end of a module's name, as PEFT takes it.
    private double AlphaOf(string module)
    {
        foreach ((_, Regex pattern, double alpha) in _alphas)
        {
            if (pattern.IsMatch(module))
                return alpha;
        }

        return _alpha;
    }

    private IEnumerable<(string Key, Regex Pattern, double Alpha)> ReadAlphas()
    {
        const string Key = "alpha_pattern";
        if (Find(Key) is not { } patterns)
            yield break;
        if (patterns.ValueKind != JsonValueKind.Object)
            throw Bad($"{Key} is {patterns.ValueKind}, but an object is expected");
        foreach (JsonProperty one in patterns.EnumerateObject())
        {
            string name = JsonFile.Name(one, _path);
            Regex pattern;
            try
            {
                // Names of files are not to be trusted with the time that backtracking takes.
                pattern = new Regex($@"^(.*\.)?({name})$", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                throw new ModelFormatException($"{_path}: {Key} has {Shown.Text(name)}, which is no pattern that can be matched.", e);
            }

            yield return (name, pattern, Number(one.Value, Key));
        }
    }

    private JsonElement? Find(string key) =>
        _root.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static bool IsOff(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False or JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.String => value.ValueEquals(""u8),
        _ => false,
    };

    private double Number(JsonElement value, string key) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number : throw Bad($"{key} = {Shown.Text(value.GetRawText())} is no number");

    private ModelFormatException Bad(FormattableString complaint) => new($"{_path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");
}
