namespace Llamalith.Generator.Quant;

/// <summary>A weight format as the packed panel knows it: 32 rows, so many columns at a time.</summary>
/// <param name="Format">Which it is.</param>
/// <param name="Columns">Columns in a block; a row is a whole number of blocks.</param>
/// <param name="StoredBytes">Bytes that one row's block takes in a file.</param>
internal abstract record WeightBlock(WeightFormat Format, int Columns, int StoredBytes)
{
    /// <summary>The format's name, in the attribute's enum and in kernel names.</summary>
    public string Name { get; } = Format.ToString();

    /// <summary>Rows in a group: one AVX-512 vector of 32-bit lanes. A panel is two groups.</summary>
    public const int GroupRows = 16;

    /// <summary>Bytes that 32 rows of one block take in a panel.</summary>
    public abstract int PanelBytes { get; }

    /// <summary>Whether the panel holds halves, which packing raised by a power of two that sums must be relieved of.</summary>
    public abstract bool HasUnit { get; }
}

/// <summary>How a float format is stored.</summary>
internal enum FloatStorage
{
    Single,
    Half,
    BFloat,
}

/// <summary>A float format: a panel holds column after column, 32 rows of each.</summary>
internal sealed record FloatBlock(WeightFormat Format, FloatStorage Storage)
    : WeightBlock(Format, Columns: 1, StoredBytes: Storage == FloatStorage.Single ? 4 : 2)
{
    public int ElementBytes => StoredBytes;

    /// <summary>The C# element type.</summary>
    public string ElementType => Storage == FloatStorage.Single ? "float" : "ushort";

    public override int PanelBytes => 2 * GroupRows * ElementBytes;

    public override bool HasUnit => Storage == FloatStorage.Half;
}

/// <summary>How an integer format keeps the scale (and minimum) of each sub-block.</summary>
internal enum ScaleStorage
{
    /// <summary>A half for each block of 32: the sub-block is the block.</summary>
    Halves,

    /// <summary>A half for each block of 256, times an unsigned byte for each sub-block.</summary>
    Bytes,

    /// <summary>A half for each block of 256, times a signed byte for each sub-block.</summary>
    SignedBytes,

    /// <summary>A half for each block of 256, times a nibble: the scale in the lower, the minimum in the upper half of a byte.</summary>
    Nibbles,
}

/// <summary>Some bits of every code, kept together: Bits wide, to be moved up by Shift.</summary>
internal readonly record struct BitPlane(int Bits, int Shift);

/// <summary>
/// An integer format: weight = scale · (code - Center) - minimum. A panel's block is a header of scales (32 rows each), then for each
/// 32 columns the two groups of rows; a group is bit planes of 64-byte lines in which lane r, a dword, belongs to row r.
/// </summary>
/// <remarks>
/// A unit is four columns of 16 rows: byte j of lane r is the code of column 4u + j. A plane of n bits holds 8 / n units in each line:
/// unit u lies in line u % lines of an n-bit plane with 2, 4 or 8 bits, moved right by n · (u / lines); a 1-bit plane is one line.
/// </remarks>
internal sealed record IntegerBlock(
    WeightFormat Format, int Columns, int StoredBytes, BitPlane[] Planes, int Center, int SubBlock, ScaleStorage Scales, bool HasMinima)
    : WeightBlock(Format, Columns, StoredBytes)
{
    /// <summary>Columns that one round of a kernel takes: activations have a scale for each.</summary>
    public const int Chunk = 32;

    /// <summary>Units in a chunk.</summary>
    public const int Units = Chunk / 4;

    /// <summary>Whether codes fill a signed byte: products of them overflow 16 bits when paired, so they are widened first.</summary>
    public bool FillsBytes => Planes[0].Bits == 8;

    /// <summary>Bits of a code.</summary>
    public int Bits
    {
        get
        {
            int bits = 0;
            foreach (BitPlane plane in Planes)
                bits += plane.Bits;
            return bits;
        }
    }

    /// <summary>The largest code, as unsigned bits.</summary>
    public int LargestCode => (1 << Bits) - 1;

    /// <summary>Halves of scales, and of minima, for 32 rows.</summary>
    public int HalvesBytes => 2 * GroupRows * 2 * (HasMinima ? 2 : 1);

    /// <summary>Byte scales (and minima) of all sub-blocks, 32 rows each.</summary>
    public int SubScaleBytes => Scales switch
    {
        ScaleStorage.Halves => 0,
        ScaleStorage.Nibbles => Columns / SubBlock * 2 * GroupRows,
        _ => Columns / SubBlock * 2 * GroupRows * (HasMinima ? 2 : 1),
    };

    /// <summary>Bytes of one group's planes in a chunk.</summary>
    public int GroupBytes => Bits * 64;

    public override bool HasUnit => true;

    public override int PanelBytes => HalvesBytes + SubScaleBytes + (Columns / Chunk * 2 * GroupBytes);

    public bool Equals(IntegerBlock? other) => other is not null && other.Format == Format;

    public override int GetHashCode() => (int)Format;
}
