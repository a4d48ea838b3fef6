using System;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>The loops and offsets of attention's register tiles.</summary>
internal static class Loops
{
    /// <summary>times * stride + rest, without what is nothing.</summary>
    public static string Offset(int times, string stride, int rest)
    {
        string product = times == 0 ? "" : times == 1 ? stride : $"({times} * {stride})";
        return product.Length == 0 ? Code.Int(rest) : rest == 0 ? product : product + " + " + Code.Int(rest);
    }

    /// <summary>A loop over pieces, or the body alone where one piece is all; it is told the piece's start.</summary>
    public static void ForPieces(SourceWriter writer, string name, int step, string end, bool once, Action<string> body)
    {
        if (once)
            body("0");
        else
            writer.Block($"for (int {name} = 0; {name} < {end}; {name} += {step})", () => body(name));
    }

    /// <summary>A loop over i, a vector at a time.</summary>
    public static void ForVectors(SourceWriter writer, Dialect isa, string begin, string end, Action body) =>
        writer.Block($"for (int i = {begin}; i < {end}; i += {isa.Lanes})", body);

    /// <summary>Asks for what lies ahead of some steps through the cache.</summary>
    /// <param name="kernels">Where to write.</param>
    /// <param name="pointer">The first step's elements.</param>
    /// <param name="bytes">Bytes that a step takes.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="stride">Bytes from one step to the next.</param>
    public static void Prefetch(KernelClass kernels, string pointer, int bytes, int steps, int stride)
    {
        foreach (int line in Enumerable.Range(0, steps).SelectMany(step => Enumerable.Range(0, (bytes + 63) / 64).Select(line => ((step * stride) + (line * 64)) / 64)).Distinct())
            ReadAhead.Write(kernels.Writer, kernels.Isa, $"(byte*){pointer}", line * 64, ReadAhead.NearCache);
    }

    /// <summary>The sum of one accumulator over all steps.</summary>
    public static string Sum(int steps, Func<int, string> accumulator) => Enumerable.Range(0, steps).Select(accumulator).Join(" + ");
}
