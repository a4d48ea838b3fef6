using System;
using System.CommandLine;
using System.Linq;
using Llamalith.Quantization;

namespace Llamalith.Cli.Commands;

/// <summary>The argument that names a mix of tensor types.</summary>
internal static class FormatArgument
{
    /// <summary>Makes one.</summary>
    public static Argument<QuantizationPreset> Create()
    {
        string names = string.Join(", ", Enum.GetNames<QuantizationPreset>().Select(name => name));
        return new Argument<QuantizationPreset>("FORMAT")
        {
            HelpName = "FORMAT",
            Description = $"One of {names}.",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (TensorMix.TryParse(text, out QuantizationPreset preset))
                    return preset;
                result.AddError($"FORMAT must be one of {names}, but is '{text}'.");
                return default;
            },
        };
    }
}
