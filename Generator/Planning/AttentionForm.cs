namespace Llamalith.Generator.Planning;

/// <summary>
/// How queries meet a block of the cache in one pass. A decoded token takes each block by itself and reads it as it is stored. A
/// prefill carries an online softmax from block to block, and reads keys and values that were brought together as floats once
/// for many tokens.
/// </summary>
/// <param name="Name">As in DecodeScores.</param>
/// <param name="Rows">Query rows that share each load of K and V: all query heads of a group, in prefill those of several tokens.</param>
/// <param name="Widens">Whether elements are widened as they are loaded.</param>
/// <param name="CarriesOn">Whether max, sum and output go on from the block before.</param>
internal sealed record AttentionForm(string Name, int Rows, bool Widens, bool CarriesOn)
{
    /// <summary>Whether keys and values are read where they are stored, page by page, or else floats that were brought together.</summary>
    public bool ReadsPages => !CarriesOn;
}
