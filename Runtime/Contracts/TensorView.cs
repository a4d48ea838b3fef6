namespace Llamalith.Contracts;

/// <summary>
/// A tensor where it lies, usually in a mapped file: <see cref="Rows"/> rows of <see cref="Columns"/> contiguous elements. A
/// vector has one row. Valid as long as the <see cref="Checkpoint"/> it came from.
/// </summary>
public readonly unsafe struct TensorView
{
    /// <summary>A view of <paramref name="byteLength"/> checked bytes at <paramref name="data"/>.</summary>
    public TensorView(string name, TensorType type, long rows, long columns, byte* data, long byteLength)
    {
        Name = name;
        Type = type;
        Rows = rows;
        Columns = columns;
        Data = data;
        ByteLength = byteLength;
    }

    /// <summary>The name under which the file stores it (for messages).</summary>
    public string Name { get; }

    /// <summary>How its elements are stored.</summary>
    public TensorType Type { get; }

    /// <summary>Number of rows (output features of a weight matrix).</summary>
    public long Rows { get; }

    /// <summary>Elements in a row (input features of a weight matrix).</summary>
    public long Columns { get; }

    /// <summary>The first byte. Alignment is not promised.</summary>
    public byte* Data { get; }

    /// <summary>Number of bytes at <see cref="Data"/>.</summary>
    public long ByteLength { get; }
}
