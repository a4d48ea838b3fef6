using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>Asks for lines that a kernel will stream.</summary>
internal static class ReadAhead
{
    /// <summary>Asks twice for the line that is so many bytes behind a pointer's, if any is asked for.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="isa">The instruction set.</param>
    /// <param name="plan">How far ahead; null for not at all.</param>
    /// <param name="pointer">A byte*, at what is read now.</param>
    /// <param name="line">Bytes from there to the line.</param>
    public static void Write(SourceWriter writer, Dialect isa, ReadAheadPlan? plan, string pointer, int line)
    {
        if (plan is null)
            return;
        string far = isa.PrefetchFar($"{pointer} + {Code.Int(plan.FarBytes + line)}");
        string near = isa.Prefetch($"{pointer} + {Code.Int(plan.NearBytes + line)}");
        writer.Line($"{far} {near}");
    }

    /// <summary>
    /// The same for so many lines from a pointer's on, at distances that the kernel is told, in bytes: its parameters far and near.
    /// </summary>
    public static void WriteLines(SourceWriter writer, Dialect isa, string pointer, int lines)
    {
        for (int line = 0; isa.Prefetches && line < lines; line++)
        {
            int at = line * ReadAheadPlan.CacheLine;
            writer.Line($"{isa.PrefetchFar(Code.At(pointer + " + far", at))} {isa.Prefetch(Code.At(pointer + " + near", at))}");
        }
    }
}
