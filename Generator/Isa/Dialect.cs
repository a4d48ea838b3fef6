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

    /// <summary>bfloat16s at a ushort pointer, as floats.</summary>
    public abstract string WidenBFloat(string pointer);

    /// <summary>The C# type of a vector of 32-bit integers, one a lane.</summary>
    public abstract string IntType { get; }

    /// <summary>The C# type in which products of a chain of units are summed.</summary>
    public abstract string ChainType { get; }

    public virtual string LoadInts(string pointer) => $"*({IntType}*)({pointer})";

    public abstract string BroadcastInt(string scalar);

    public abstract string ToFloat(string ints);

    /// <summary>Unsigned or signed bytes at a pointer, one a lane, as integers.</summary>
    public abstract string WidenBytes(string pointer, bool signed);

    /// <summary>
    /// Begins a chain at -2^log2Center · (the sum of the activations that the chain will see), which centres unsigned codes; the
    /// sum is given as a dword of two 16-bit halves: columns 0 and 1 of each unit, columns 2 and 3.
    /// </summary>
    public abstract string CentredChain(string pairs, int log2Center);

    /// <summary>chain + unit · activations: unsigned codes below 128 times four signed bytes a lane.</summary>
    public abstract string Dot(string chain, string unit, string activations);

    /// <summary>The chain's sum for each lane. On x86 a chain is pairs of 16-bit sums, which must not have overflowed.</summary>
    public abstract string FinishChain(string chain);

    /// <summary>Whether two chains may be added before they are finished, for a code range of that many bits below the sign.</summary>
    public abstract bool ChainsAdd(int largestMagnitude);

    /// <summary>
    /// sum + unit · activations for signed codes, into 32 bits. The activations are a pointer to four signed bytes, or where
    /// <see cref="WidensActivations"/> to their 16-bit forms: columns 0 and 2, then columns 1 and 3.
    /// </summary>
    public abstract string DotSigned(string sum, string unit, string activations);

    /// <summary>The 16-bit forms of signed codes: columns 0 and 2 of a unit, then columns 1 and 3. Only where <see cref="WidensActivations"/>.</summary>
    public virtual (string Even, string Odd) WidenUnit(string unit) => throw new System.NotSupportedException("This instruction set multiplies bytes.");

    /// <summary>sum + widened unit · 16-bit activations. Only where <see cref="WidensActivations"/>.</summary>
    public virtual string DotWide(string sum, string unit, string activations) => throw new System.NotSupportedException("This instruction set multiplies bytes.");

    /// <summary>Whether <see cref="DotSigned"/> reads 16-bit activations.</summary>
    public virtual bool WidensActivations => false;

    /// <summary>Stores floats that hold integers in [-128, 127] as signed bytes.</summary>
    public abstract string StoreBytes(string pointer, string vector);

    public abstract string Abs(string vector);

    /// <summary>Asks for the cache line at a pointer; empty where that is of no use.</summary>
    public virtual string Prefetch(string pointer) => "";

    /// <summary>Helper methods that the integer operations call.</summary>
    public virtual string IntegerHelpers => "";

    /// <summary>The neighbouring lanes of each pair exchanged.</summary>
    public abstract string SwapPairs(string vector);

    /// <summary>The nearest integer, ties to even, as a float vector.</summary>
    public abstract string Round(string vector);

    /// <summary>vector · 2^integer, for integers in [-126, 127] held in a float vector.</summary>
    public abstract string ScaleByPowerOfTwo(string vector, string integer);
}
