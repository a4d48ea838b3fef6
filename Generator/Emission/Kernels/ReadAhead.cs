using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Kernels compute on what they stream for longer than the hardware looks ahead. Lines are asked for by hand: two pages on into the
/// second level, where there is room for many that are under way, and shortly before their use into the first.
/// </summary>
internal static class ReadAhead
{
    private const int FarBytes = 8192;
    private const int NearBytes = 1024;

    /// <summary>Asks twice for the line that is so many bytes behind a pointer's, on instruction sets that can.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="isa">The instruction set.</param>
    /// <param name="pointer">A byte*, at what is read now.</param>
    /// <param name="line">Bytes from there to the line.</param>
    public static void Write(SourceWriter writer, Dialect isa, string pointer, int line)
    {
        if (isa.Prefetch(pointer).Length > 0)
            writer.Line($"{isa.PrefetchFar($"{pointer} + {Text.Int(FarBytes + line)}")} {isa.Prefetch($"{pointer} + {Text.Int(NearBytes + line)}")}");
    }
}
