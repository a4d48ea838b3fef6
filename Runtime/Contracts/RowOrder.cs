namespace Llamalith.Contracts;

/// <summary>
/// Which source row becomes row r of a query or key projection: the rows of a head are permuted where the file pairs them for
/// the rotary embedding in another way than the engine does.
/// </summary>
public readonly struct RowOrder
{
    private readonly int _headDim;
    private readonly int _rotated;
    private readonly RopeLayout _file;
    private readonly RopeLayout _engine;

    private RowOrder(int headDim, int rotated, RopeLayout file, RopeLayout engine) =>
        (_headDim, _rotated, _file, _engine) = (headDim, rotated, file, engine);

    /// <summary>Rows as they are in the file.</summary>
    public static RowOrder Unchanged => default;

    /// <summary>Whether rows are as they are in the file.</summary>
    public bool IsUnchanged => _headDim == 0;

    /// <summary>The order that turns rows laid out as <paramref name="file"/> into rows laid out as <paramref name="engine"/>.</summary>
    public static RowOrder Between(RopeLayout file, RopeLayout engine, int headDim) =>
        file == engine ? default : new RowOrder(headDim, headDim, file, engine);

    /// <summary>
    /// The order that turns a checkpoint's rows into an engine's where the first <paramref name="rotaryDim"/> elements of a head are turned:
    /// engines pair all of a head, those that are not turned among themselves.
    /// </summary>
    public static RowOrder Of(Checkpoint checkpoint, RopeLayout engine, int headDim, int rotaryDim)
    {
        System.ArgumentNullException.ThrowIfNull(checkpoint);
        RopeLayout file = checkpoint.RopeLayout;
        return rotaryDim == headDim || checkpoint.HasEngineRows || (file == engine && engine == RopeLayout.Interleaved)
            ? Between(file, engine, headDim) : new RowOrder(headDim, rotaryDim, file, engine);
    }

    /// <summary>The source row of row <paramref name="row"/>.</summary>
    public long Source(long row)
    {
        if (IsUnchanged)
            return row;
        int half = _headDim / 2, inHead = (int)(row % _headDim);
        (int pair, int member) = _engine == RopeLayout.HalfSplit ? (inHead % half, inHead / half) : (inHead / 2, inHead % 2);
        bool isSplit = _file == RopeLayout.HalfSplit && pair < _rotated / 2;
        return row - inHead + (isSplit ? pair + (member * (_rotated / 2)) : (2 * pair) + member);
    }
}
