using System.Runtime.Intrinsics.X86;

namespace Llamalith.Launcher;

/// <summary>
/// What the processor has and the system lets programs use. The launcher is compiled for the oldest x86-64, where
/// Avx2.IsSupported is the constant false, so CPUID is asked.
/// </summary>
internal static class Processor
{
    private const int SaveAreas = 0xD;
    private const int UpperHalvesOfYmm = 2;
    private const int UpperRegistersOfZmm = 7;

    /// <summary>AVX2, FMA and what comes with them in x86-64-v3.</summary>
    public static bool HasAvx2 =>
        MaxLeaf >= SaveAreas
        && All(Leaf(1).Ecx, 12, 22, 27, 28, 29) // FMA, MOVBE, OSXSAVE, AVX, F16C
        && All(Leaf(7).Ebx, 3, 5, 8) // BMI1, AVX2, BMI2
        && All(Leaf(unchecked((int)0x80000001)).Ecx, 5) // LZCNT
        && IsSaved(UpperHalvesOfYmm);

    /// <summary>AVX-512 F, DQ, CD, BW and VL: x86-64-v4.</summary>
    public static bool HasAvx512 => HasAvx2 && All(Leaf(7).Ebx, 16, 17, 28, 30, 31) && IsSaved(UpperRegistersOfZmm);

    private static int MaxLeaf => X86Base.CpuId(0, 0).Eax;

    private static (int Eax, int Ebx, int Ecx, int Edx) Leaf(int function, int subfunction = 0) => X86Base.CpuId(function, subfunction);

    // Whether the system saves a set of registers between threads. XGETBV, which says so, is out of reach; but the area in use ends
    // behind the last set that is saved.
    private static bool IsSaved(int registers)
    {
        (int size, int offset, _, _) = Leaf(SaveAreas, registers);
        return size > 0 && Leaf(SaveAreas).Ebx >= offset + size;
    }

    private static bool All(int register, params System.ReadOnlySpan<int> bits)
    {
        foreach (int bit in bits)
        {
            if ((register >> bit & 1) == 0)
                return false;
        }

        return true;
    }
}
