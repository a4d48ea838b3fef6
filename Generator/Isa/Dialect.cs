using System.Collections.Generic;

namespace Llamalith.Generator.Isa;

/// <summary>What an instruction set does with codes that fill a signed byte.</summary>
internal enum SignedBytes
{
    /// <summary>Multiplies them as they are.</summary>
    Multiplied,

    /// <summary>Multiplies unsigned bytes only: 128 is added to every code, and centres it.</summary>
    Offset,

    /// <summary>Sums products in pairs of 16 bits, which would overflow: codes and activations are widened to 16 bits first.</summary>
    Widened,
}

/// <summary>
/// One instruction set: its traits, which planning reads, and how each operation is spelled in C#, which emission writes. A
/// vector is a value of <see cref="VectorType"/> holding <see cref="Lanes"/> floats.
/// </summary>
internal abstract class Dialect
{
    /// <summary>The nested class that holds its kernels.</summary>
    public abstract string Name { get; }

    /// <summary>The name reported at run time, in file names and in LlamalithTargets.</summary>
    public abstract string Id { get; }

    /// <summary>What asks for it in the attribute; for a dialect of a family that has no name there, that of the family.</summary>
    public abstract InstructionSet Set { get; }

    /// <summary>The sets whose engines have its products of integers, where those are all that is emitted for it.</summary>
    public virtual InstructionSet Helps => Set;

    /// <summary>The processors that can have it, as runtime identifiers end; none where every one does.</summary>
    public virtual IReadOnlyList<string> Processors => [];

    /// <summary>The types in System.Runtime.Intrinsics that together tell whether a machine has it; none where every one does.</summary>
    public virtual IReadOnlyList<string> SupportTypes => [];

    /// <summary>
    /// Whether NativeAOT on x64 compiles for it, given a name in IlcInstructionSet, in lower case. What every processor has needs no name.
    /// </summary>
    public virtual bool IsIn(string ilcInstructionSet) => false;

    /// <summary>The condition under which its kernels may run; the JIT folds it to a constant.</summary>
    public abstract string Guard { get; }

    /// <summary>Floats in a vector.</summary>
    public abstract int Lanes { get; }

    /// <summary>Architectural vector registers.</summary>
    public abstract int Registers { get; }

    /// <summary>The C# type of a vector: an alias that <see cref="Dialects.Aliases"/> has, or float.</summary>
    public abstract string VectorType { get; }

    /// <summary>
    /// What a half widened by <see cref="WidenHalf"/> must be multiplied with, 2^112: a constant of the engine. Without a conversion
    /// instruction, moving the bits into place gives the value times 2^-112; the factor is folded into a scale that is applied anyway.
    /// </summary>
    public const string HalfFactor = nameof(HalfFactor);

    /// <summary>Which of a half's bits mean something once they are in a float's place: a constant of the engine.</summary>
    public const string HalfBits = nameof(HalfBits);

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

    /// <summary>a · b + c, rounded once.</summary>
    public abstract string Fma(string a, string b, string c);

    /// <summary>a where it is larger, else b, which is a number: so that what is not a number leaves b.</summary>
    public abstract string Max(string a, string b);

    /// <summary>a where it is smaller, else b, which is a number.</summary>
    public abstract string Min(string a, string b);

    /// <summary>The sum of all lanes, in any order: for integers in floats, whose sums are exact, or where bits may differ.</summary>
    public abstract string ReduceSum(string vector);

    /// <summary>
    /// Statements that return the sum of the lanes of a vector named v: the upper half is added to the lower until one is left.
    /// </summary>
    public abstract string HalvedSum { get; }

    /// <summary>Statements that return the largest lane of a vector named v.</summary>
    public abstract string LargestLane { get; }

    /// <summary>Halves at a ushort pointer, as floats, to be multiplied by <see cref="HalfFactor"/>.</summary>
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

    /// <summary>Whether only products of integers are emitted: another dialect of the family does the rest of the engine.</summary>
    public virtual bool MultipliesIntegersOnly => false;

    /// <summary>
    /// Units of codes up to <paramref name="largestCode"/> that a chain is to sum: as many as its lanes hold, or fewer where several
    /// chains hide the latency of one.
    /// </summary>
    public abstract int ChainUnits(int largestCode);

    /// <summary>Products of a unit that one lane of a chain sums.</summary>
    public virtual int ChainProducts => ChainType == IntType ? 4 : 2;

    /// <summary>The largest sum that a lane of a chain holds.</summary>
    public virtual int LargestChainSum => ChainType == IntType ? int.MaxValue : short.MaxValue;

    /// <summary>Whether a chain sums in 32 bits, so that it may begin at the offset that centres its codes.</summary>
    public virtual bool ChainsBeginAnywhere => ChainType == IntType;

    /// <summary>start + unit · activations: codes times four signed bytes a lane. The start is empty where the chain begins.</summary>
    public abstract string Dot(string start, string unit, string activations);

    /// <summary>The chain's sum for each lane. On x86 a chain may be pairs of 16-bit sums, which must not have overflowed.</summary>
    public virtual string FinishChain(string chain) => chain;

    /// <summary>What <see cref="Dot"/> makes of signed bytes.</summary>
    public abstract SignedBytes SignedBytes { get; }

    /// <summary>The 16-bit forms of signed codes: columns 0 and 2 of a unit, then columns 1 and 3. Only where they are widened.</summary>
    public virtual (string Even, string Odd) WidenUnit(string unit) =>
        throw new System.NotSupportedException("This instruction set multiplies bytes.");

    /// <summary>sum + widened unit · 16-bit activations. Only where signed bytes are widened.</summary>
    public virtual string DotShorts(string sum, string unit, string activations) =>
        throw new System.NotSupportedException("This instruction set multiplies bytes.");

    /// <summary>Stores floats that hold integers in [-128, 127] as signed bytes.</summary>
    public abstract string StoreBytes(string pointer, string vector);

    public abstract string Abs(string vector);

    /// <summary>Whether asking for cache lines by hand is of use.</summary>
    public virtual bool Prefetches => false;

    /// <summary>Asks for the cache line at a pointer. Only where that is of use.</summary>
    public virtual string Prefetch(string pointer) => throw new System.NotSupportedException("This instruction set does not prefetch.");

    /// <summary>Asks for the cache line at a pointer, into the second level. Only where that is of use.</summary>
    public virtual string PrefetchFar(string pointer) =>
        throw new System.NotSupportedException("This instruction set does not prefetch.");

    /// <summary>Helper methods that the float operations call.</summary>
    public virtual string FloatHelpers => "";

    /// <summary>Helper methods that the integer operations call.</summary>
    public virtual string IntegerHelpers => "";

    /// <summary>Whether four rows of floats can be turned into columns in registers.</summary>
    public virtual bool Zips => false;

    /// <summary>The first halves of two vectors of four floats, lane by lane in turn. Only where there are such.</summary>
    public virtual string ZipLow(string a, string b) =>
        throw new System.NotSupportedException("This instruction set has no vectors of four.");

    /// <summary>Their second halves.</summary>
    public virtual string ZipHigh(string a, string b) =>
        throw new System.NotSupportedException("This instruction set has no vectors of four.");

    /// <summary>The neighbouring lanes of each pair exchanged.</summary>
    public abstract string SwapPairs(string vector);

    /// <summary>The nearest integer, ties to even, as a float vector.</summary>
    public abstract string Round(string vector);

    /// <summary>vector · 2^integer, for integers in [-126, 127] held in a float vector.</summary>
    public abstract string ScaleByPowerOfTwo(string vector, string integer);
}
