namespace Llamalith.AspNetCore.Answers;

/// <summary>Pieces of text without half a surrogate pair at their ends: the first half waits for the other.</summary>
internal struct TextJoiner
{
    private char _half;

    /// <summary>What can be shown once a piece has come.</summary>
    public string Add(string piece)
    {
        if (piece.Length == 0)
            return piece;
        if (_half != 0)
            (piece, _half) = (_half + piece, default);
        if (!char.IsHighSurrogate(piece[^1]))
            return piece;
        _half = piece[^1];
        return piece[..^1];
    }

    /// <summary>What is left at the end: a half without the other is a replacement character.</summary>
    public string End()
    {
        bool left = _half != 0;
        _half = default;
        return left ? "\uFFFD" : "";
    }
}
