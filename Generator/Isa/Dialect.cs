namespace Llamalith.Generator.Isa;

/// <summary>
/// One instruction set: its traits, which planning reads, and how each operation is spelled in C#, which emission writes. A
/// vector is a value of <see cref="VectorType"/> holding <see cref="Lanes"/> floats.
/// </summary>
internal abstract class Dialect
{
    /// <summary>The nested class that holds its kernels.</summary>
    public abstract string Name { get; }

    /// <summary>The name reported at run time and in file names.</summary>
    public abstract string Id { get; }

    /// <summary>The condition under which its kernels may run; the JIT folds it to a constant.</summary>
    public abstract string Guard { get; }

    /// <summary>Floats in a vector.</summary>
    public abstract int Lanes { get; }

    /// <summary>Architectural vector registers.</summary>
    public abstract int Registers { get; }

    /// <summary>The C# type of a vector: an alias that <see cref="Dialects.Header"/> declares, or float.</summary>
    public abstract string VectorType { get; }

    /// <summary>
    /// What a half widened by <see cref="WidenHalf"/> must be multiplied with. Without a conversion instruction, moving the bits
    /// into place gives the value times 2^-112; the factor is folded into a scale that is applied anyway.
    /// </summary>
    public virtual string HalfScale => "5.1922969E+33f";

    /// <summary>The same family with half the lanes, for dimensions that no full vector divides; null where lanes is 1.</summary>
    public abstract Dialect? Narrower { get; }

    /// <summary>The widest dialect of the family whose vectors divide that many floats.</summary>
    public Dialect Fit(int floats)
    {
        Dialect dialect = this;
        while (floats % dialect.Lanes != 0 && dialect.Narrower is { } narrower)
            dialect = narrower;
        return dialect;
    }

    public virtual string Zero => VectorType + ".Zero";

    public virtual string Load(string pointer) => $"*({VectorType}*)({pointer})";

    public virtual string Store(string pointer, string value) => $"*({VectorType}*)({pointer}) = {value};";

    public abstract string Broadcast(string scalar);

    /// <summary>a · b + c, rounded once where the machine can.</summary>
    public abstract string Fma(string a, string b, string c);

    public abstract string Max(string a, string b);

    public abstract string Min(string a, string b);

    public abstract string ReduceSum(string vector);

    /// <summary>Statements that return the largest lane of a vector named v.</summary>
    public abstract string LargestLane { get; }

    /// <summary>Halves at a ushort pointer, as floats, to be multiplied by <see cref="HalfScale"/>.</summary>
    public abstract string WidenHalf(string pointer);

    /// <summary>The neighbouring lanes of each pair exchanged.</summary>
    public abstract string SwapPairs(string vector);

    /// <summary>The nearest integer, ties to even, as a float vector.</summary>
    public abstract string Round(string vector);

    /// <summary>vector · 2^integer, for integers in [-126, 127] held in a float vector.</summary>
    public abstract string ScaleByPowerOfTwo(string vector, string integer);
}
