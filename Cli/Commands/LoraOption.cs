using System.Collections.Generic;
using System.CommandLine;
using System.Linq;
using Llamalith.Cli.Models;

namespace Llamalith.Cli.Commands;

/// <summary>The option that merges adapters into a model.</summary>
internal static class LoraOption
{
    /// <summary>A new one.</summary>
    public static Option<string[]> Create() => new("--lora")
    {
        HelpName = "file[=scale]",
        Description =
            "A LoRA adapter to merge into the model: a GGUF file or a folder that PEFT saved, multiplied by the scale. May be given several "
                + "times.",
        DefaultValueFactory = _ => [],
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>What the command line says.</summary>
    /// <exception cref="CliException">A scale is no number.</exception>
    public static IReadOnlyList<AdapterRequest> Read(Option<string[]> option, ParseResult result) =>
        [.. result.GetRequiredValue(option).Select(AdapterRequest.Parse)];
}
