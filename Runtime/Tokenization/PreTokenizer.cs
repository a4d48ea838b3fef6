namespace Llamalith.Tokenization;

/// <summary>How a text is cut into words before byte-pair encoding, which merges nothing across the border of two words.</summary>
public enum PreTokenizer
{
    /// <summary>Llama.cpp's "default": runs of punctuation, then words as GPT-2's, of whose digits each three are a word.</summary>
    Default = 0,

    /// <summary>GPT-2's: letters, digits or other characters, each with the space before them, and English contractions.</summary>
    Gpt2 = 1,

    /// <summary>Llama 3's: letters with any one character before them, up to three digits, and line ends with what they end.</summary>
    Llama3 = 2,

    /// <summary>SmolLM's: each digit by itself, and GPT-2's words between them.</summary>
    SmolLM = 3,

    /// <summary>Qwen 2's: as Llama 3's, but each digit by itself.</summary>
    Qwen2 = 4,

    /// <summary>
    /// SentencePiece's: the text is not cut, its characters are merged, a space among them, and a character without a piece is
    /// spelled in byte tokens.
    /// </summary>
    SentencePiece = 5,

    /// <summary>
    /// Tekken's (Mistral Nemo and later): letters with any one character before them, cut before capitals that follow small letters, and
    /// each digit by itself.
    /// </summary>
    Tekken = 6,

    /// <summary>
    /// GPT-4o's (o200k), Llama 4's and gpt-oss's: as tekken's, but up to three digits, and English contractions belong to their word.
    /// </summary>
    Gpt4o = 7,

    /// <summary>Qwen 3.5's: as Qwen 2's, but marks are letters.</summary>
    Qwen35 = 8,

    /// <summary>
    /// DeepSeek V3's: up to three digits, Chinese and Japanese by themselves, and then letters with any one character before them.
    /// </summary>
    DeepSeek3 = 9,
}
