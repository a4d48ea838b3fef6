using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>
/// Kernels compute on what they stream for longer than the hardware looks ahead. Lines are asked for by hand: two pages on into the
/// second level, where there is room for many that are under way, and nearer their use into the first.
/// </summary>
internal static class ReadAhead
{
    private const int FarBytes = 8192;

    /// <summary>Bytes ahead at which lines of weights are moved to the first level: they have arrived in the second by then, and 1 KiB is too late where memory is busy.</summary>
    public const int NearWeights = 4096;

    /// <summary>Bytes ahead at which lines of keys and values are: their pieces are short, and what lies behind one's end is asked for in vain.</summary>
    public const int NearCache = 1024;

    /// <summary>Whether an instruction set can ask.</summary>
    public static bool IsKnown(Dialect isa) => isa.Prefetch("").Length > 0;

    /// <summary>Asks twice for the line that is so many bytes behind a pointer's, on instruction sets that can.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="isa">The instruction set.</param>
    /// <param name="pointer">A byte*, at what is read now.</param>
    /// <param name="line">Bytes from there to the line.</param>
    /// <param name="near">Bytes ahead at which it is moved to the first level.</param>
    public static void Write(SourceWriter writer, Dialect isa, string pointer, int line, int near)
    {
        if (IsKnown(isa))
            writer.Line($"{isa.PrefetchFar($"{pointer} + {Code.Int(FarBytes + line)}")} {isa.Prefetch($"{pointer} + {Code.Int(near + line)}")}");
    }
}
