using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Tokenization;

/// <summary>
/// What GGUF files call pre-tokenizers (tokenizer.ggml.pre). Several models share one under names of their own. What is not
/// here is refused: another way of cutting text would give a model tokens that it never saw.
/// </summary>
internal static class PreTokenizerNames
{
    private static readonly (string Name, PreTokenizer Words)[] s_names =
    [
        ("default", PreTokenizer.Default),
        ("gpt-2", PreTokenizer.Gpt2),
        ("gpt2", PreTokenizer.Gpt2),
        ("phi-2", PreTokenizer.Gpt2),
        ("mpt", PreTokenizer.Gpt2),
        ("olmo", PreTokenizer.Gpt2),
        ("llama-bpe", PreTokenizer.Llama3),
        ("llama3", PreTokenizer.Llama3),
        ("llama-v3", PreTokenizer.Llama3),
        ("falcon3", PreTokenizer.Llama3),
        ("smollm", PreTokenizer.SmolLM),
        ("starcoder", PreTokenizer.SmolLM),
        ("refact", PreTokenizer.SmolLM),
        ("command-r", PreTokenizer.SmolLM),
        ("codeshell", PreTokenizer.SmolLM),
        ("qwen2", PreTokenizer.Qwen2),
        ("deepseek-r1-qwen", PreTokenizer.Qwen2),
        ("stablelm2", PreTokenizer.Qwen2),
    ];

    /// <summary>All names.</summary>
    public static IEnumerable<string> All => s_names.Select(entry => entry.Name);

    /// <summary>The pre-tokenizer of a name; the default one for none, as files of early converters have it; null for an unknown one.</summary>
    public static PreTokenizer? Parse(string? name)
    {
        if (name is null)
            return PreTokenizer.Default;
        foreach ((string known, PreTokenizer words) in s_names)
        {
            if (known == name)
                return words;
        }
        return null;
    }

    /// <summary>The first name of a pre-tokenizer.</summary>
    public static string Of(PreTokenizer words) => s_names.First(entry => entry.Words == words).Name;
}
