using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Tokenization;

/// <summary>A pre-tokenizer by the name of GGUF files, and what else the models that have it do.</summary>
/// <param name="Name">tokenizer.ggml.pre.</param>
/// <param name="Words">How text is cut.</param>
/// <param name="IgnoreMerges">Whether a word that is a token is that token, whatever merging would make of it.</param>
/// <param name="AddBos">Whether prompts begin with BOS where the file does not say.</param>
internal sealed record PreTokenizerName(string Name, PreTokenizer Words, bool IgnoreMerges = false, bool AddBos = false);

/// <summary>
/// What GGUF files call pre-tokenizers (tokenizer.ggml.pre). Several models share one under names of their own. What is not
/// here is refused: another way of cutting text would give a model tokens that it never saw.
/// </summary>
internal static class PreTokenizerNames
{
    private static readonly PreTokenizerName[] s_names =
    [
        new("default", PreTokenizer.Default),
        .. Plain(PreTokenizer.Gpt2, "gpt-2", "gpt2", "phi-2", "mpt", "olmo", "exaone4", "jais", "trillion", "gigachat", "a.x-4.0", "mellum",
            "granite-docling"),
        .. Llama3("llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"),
        .. Plain(PreTokenizer.Llama3, "dbrx", "smaug-bpe", "chatglm-bpe", "glm4"),
        .. Plain(PreTokenizer.SmolLM, "smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"),
        .. Plain(PreTokenizer.Qwen2, "qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez", "kormo", "solar-open"),
        new("tekken", PreTokenizer.Tekken, IgnoreMerges: true, AddBos: true),
        .. Plain(PreTokenizer.Gpt4o, "gpt-4o", "llama4", "kanana2", "minimax-m2"),
        new("qwen35", PreTokenizer.Qwen35),
        .. Plain(PreTokenizer.DeepSeek3, "deepseek-v3", "hunyuan-dense", "joyai-llm"),
    ];

    /// <summary>All names.</summary>
    public static IEnumerable<string> All => s_names.Select(entry => entry.Name);

    /// <summary>
    /// The pre-tokenizer of a name; the default one for none, as files of early converters have it; null for an unknown one.
    /// </summary>
    public static PreTokenizerName? Parse(string? name) => s_names.FirstOrDefault(entry => entry.Name == (name ?? "default"));

    /// <summary>The first name of a pre-tokenizer.</summary>
    public static PreTokenizerName Of(PreTokenizer words) => s_names.First(entry => entry.Words == words);

    private static IEnumerable<PreTokenizerName> Plain(PreTokenizer words, params string[] names) =>
        names.Select(name => new PreTokenizerName(name, words));

    private static IEnumerable<PreTokenizerName> Llama3(params string[] names) =>
        names.Select(static name => new PreTokenizerName(name, PreTokenizer.Llama3, IgnoreMerges: true, AddBos: true));
}
