using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

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

    /// <summary>A loop that takes so many off a count while there are as many.</summary>
    public static void ForTiles(SourceWriter writer, string left, int size, Action body) =>
        writer.Block(size == 1 ? $"for (; {left} > 0; {left}--)" : $"for (; {left} >= {size}; {left} -= {size})", body);

    /// <summary>Asks for what lies ahead of some steps through the cache.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="isa">The instruction set.</param>
    /// <param name="plan">How far ahead; null for not at all.</param>
    /// <param name="pointer">The first step's elements.</param>
    /// <param name="bytes">Bytes that a step takes.</param>
    /// <param name="steps">Number of steps.</param>
    /// <param name="stride">Bytes from one step to the next.</param>
    public static void Prefetch(SourceWriter writer, Dialect isa, ReadAheadPlan? plan, string pointer, int bytes, int steps, int stride)
    {
        const int CacheLine = ReadAheadPlan.CacheLine;
        int each = (bytes + CacheLine - 1) / CacheLine;
        IEnumerable<int> lines = Enumerable.Range(0, steps)
            .SelectMany(step => Enumerable.Range(0, each).Select(line => ((step * stride) + (line * CacheLine)) / CacheLine))
            .Distinct();
        foreach (int line in lines)
            ReadAhead.Write(writer, isa, plan, $"(byte*){pointer}", line * CacheLine);
    }

    /// <summary>A loop over the pages of a block's first count positions; the body reads of pages[page] those from begin to end.</summary>
    public static void ForPages(SourceWriter writer, Action body) =>
        writer.Block("for (int begin = 0, page = 0; begin < count; begin += PagePositions, page++)", () =>
        {
            writer.Line("int end = Math.Min(begin + PagePositions, count);");
            body();
        });

    /// <summary>A loop over i, as many vectors a turn as hold the lanes of a sum; the body is told each.</summary>
    public static void ForLanes(SourceWriter writer, Dialect isa, string begin, string end, Action<int> body) =>
        writer.Block($"for (int i = {begin}; i < {end}; i += {SumOrder.Lanes})", () =>
        {
            for (int vector = 0; vector < SumOrder.Lanes / isa.Lanes; vector++)
                body(vector);
        });

    /// <summary>The upper half of some terms joined to the lower, until one is left.</summary>
    public static string Halves(IReadOnlyList<string> terms, Func<string, string, string> join)
    {
        int half = terms.Count / 2;
        return terms.Count == 1 ? terms[0] : Halves(terms.Take(half).Zip(terms.Skip(half), join).ToList(), join);
    }

    /// <summary>Some terms joined in pairs, the halves by themselves first.</summary>
    public static string Tree(IReadOnlyList<string> terms, Func<string, string, string> join) => terms.Count == 1
        ? terms[0]
        : join(Tree(terms.Take(terms.Count / 2).ToList(), join), Tree(terms.Skip(terms.Count / 2).ToList(), join));

    /// <summary>The sum of one accumulator over all steps.</summary>
    public static string Sum(int steps, Func<int, string> accumulator) => Enumerable.Range(0, steps).Select(accumulator).Join(" + ");
}
