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
}
