namespace Llamalith.Tokenization;

/// <summary>What a token of a vocabulary is. The values are SentencePiece's piece types, which GGUF shares.</summary>
public enum TokenKind
{
    /// <summary>A piece of text.</summary>
    Normal = 1,

    /// <summary>Stands for text that the vocabulary cannot say.</summary>
    Unknown = 2,

    /// <summary>A mark such as begin or end of sequence; it has no text, and no text is encoded to it.</summary>
    Control = 3,

    /// <summary>A piece of text that is never split, nor merged with its neighbours.</summary>
    UserDefined = 4,

    /// <summary>A piece that merges pass through, but that is split again in the end.</summary>
    Unused = 5,

    /// <summary>One byte of a character that has no piece of its own.</summary>
    Byte = 6,
}
