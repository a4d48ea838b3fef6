namespace Llamalith.Tokenization;

/// <summary>When a space is put before a text that is encoded.</summary>
public enum SpacePrefix
{
    /// <summary>Never.</summary>
    None = 0,

    /// <summary>Always, and after each token that was recognized by its name.</summary>
    Always = 1,

    /// <summary>Where the text does not begin with one; the same after each token that was recognized by its name.</summary>
    WhenMissing = 2,

    /// <summary>Where the text does not begin with one, and at its beginning only.</summary>
    WhenMissingAtStart = 3,

    /// <summary>At the beginning of every text, and nowhere else.</summary>
    AtStart = 4,
}
