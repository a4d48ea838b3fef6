using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using Llamalith.Contracts;

namespace Llamalith.Cli.Models;

/// <summary>An adapter as the command line asks for it.</summary>
/// <param name="Path">The file or folder.</param>
/// <param name="Scale">What it is multiplied by.</param>
internal sealed record AdapterRequest(string Path, double Scale)
{
    /// <summary>Reads FILE or FILE=SCALE. A file may have such a name itself, and is then meant.</summary>
    /// <exception cref="CliException">The scale is no number.</exception>
    public static AdapterRequest Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int equals = text.LastIndexOf('=');
        if (equals < 0 || File.Exists(text) || Directory.Exists(text))
            return new AdapterRequest(text, 1);
        return double.TryParse(text[(equals + 1)..], NumberStyles.Float, CultureInfo.InvariantCulture, out double scale) && double.IsFinite(scale)
            ? new AdapterRequest(text[..equals], scale)
            : throw new CliException($"--lora {text}: there is no such file, and '{text[(equals + 1)..]}' is no scale.");
    }

    /// <summary>Opens a model with adapters.</summary>
    /// <exception cref="ModelMismatchException">One is another model's.</exception>
    public static Checkpoint Open(string model, IEnumerable<AdapterRequest> adapters)
    {
        ArgumentNullException.ThrowIfNull(adapters);
        Checkpoint checkpoint = Checkpoint.Open(model);
        try
        {
            foreach (AdapterRequest adapter in adapters)
                checkpoint = checkpoint.LoadAdapter(adapter.Path, adapter.Scale);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }
}
