namespace Llamalith.Contracts;

/// <summary>
/// Which source row becomes row r of a query or key projection: the rows of a head are permuted where the file pairs them for
/// the rotary embedding in another way than the engine does.
/// </summary>
public readonly struct RowOrder
{
    private readonly int _headDim;
    private readonly bool _fromHalfSplit;

    private RowOrder(int headDim, bool fromHalfSplit)
    {
        _headDim = headDim;
        _fromHalfSplit = fromHalfSplit;
    }

    /// <summary>Rows as they are in the file.</summary>
    public static RowOrder Unchanged => default;

    /// <summary>Whether rows are as they are in the file.</summary>
    public bool IsUnchanged => _headDim == 0;

    /// <summary>The order that turns rows laid out as <paramref name="file"/> into rows laid out as <paramref name="engine"/>.</summary>
    public static RowOrder Between(RopeLayout file, RopeLayout engine, int headDim) =>
        file == engine ? default : new RowOrder(headDim, file == RopeLayout.HalfSplit);

    /// <summary>The source row of row <paramref name="row"/>.</summary>
    public long Source(long row)
    {
        if (IsUnchanged)
            return row;
        int half = _headDim / 2;
        int inHead = (int)(row % _headDim);
        int source = _fromHalfSplit
            ? (inHead / 2) + (inHead % 2 * half)
            : (inHead % half * 2) + (inHead / half);
        return row - inHead + source;
    }
}
