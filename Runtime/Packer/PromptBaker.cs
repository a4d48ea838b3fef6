using System;
using System.IO;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Packer;

/// <summary>Runs the prompts of a model through its engine and writes what they leave in its cache.</summary>
/// <param name="model">The model.</param>
/// <param name="packed">Its packed weights.</param>
/// <param name="options">What the targets say.</param>
internal sealed class PromptBaker(EmbeddedModel model, string packed, PackerOptions options)
{
    private BakingEngine? _engine;
    private string? _weights;

    /// <summary>All that decides what is written for a prompt.</summary>
    public string SettingsOf(EmbeddedPrompt prompt)
    {
        if (_weights is null)
        {
            using Checkpoint checkpoint = Checkpoint.Open(packed);
            _weights = Convert.ToHexStringLower(checkpoint.Digest);
        }

        Guid generator = AssemblyIdentity.Of(options.Generator);
        return $"{_weights}\n{generator} {typeof(ILlamaModel).Module.ModuleVersionId} {typeof(PromptBaker).Module.ModuleVersionId}\n{options.Targets} {PackerOptions.Narrowing}\n{model.Source}\n{prompt.Text}";
    }

    /// <summary>Prefills a prompt and writes it to a file.</summary>
    /// <returns>Whether there is an engine to do so.</returns>
    public bool Bake(EmbeddedPrompt prompt, string path)
    {
        _engine ??= BakingEngine.Compile(model, options);
        if (_engine is null)
            return false;
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(packed);
            Tokenizer tokenizer = checkpoint.OpenTokenizer();
            int[] tokens = tokenizer.Encode(prompt.Text, addBos: tokenizer.AddBos, parseSpecial: true);
            if (tokens.Length >= _engine.Context)
                throw new BuildErrorException(prompt.Place, BuildErrorException.TooLong, $"The prompt {prompt.Name} has {tokens.Length} tokens, but Context = {_engine.Context}, and one position at least must be left");
            AtomicFile.Write(path, file =>
            {
                BufferedStream buffered = new(file, 1 << 20);
                BakedPrompt.WriteHeader(buffered, checkpoint.Digest, tokens);
                _engine.Bake(checkpoint, tokens, buffered);
                buffered.Flush();
            });
            return true;
        }
        catch (Exception e) when (e is ModelFormatException or ModelMismatchException or PlatformNotSupportedException or FileNotFoundException)
        {
            throw new BuildErrorException(prompt.Place, BuildErrorException.NotPrefilled, $"The prompt {prompt.Name} cannot be prefilled: {e.Message}");
        }
    }
}
