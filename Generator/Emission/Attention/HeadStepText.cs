using System;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>How what is done to a head before attention is written, in the order of the plan.</summary>
internal static class HeadStepText
{
    /// <summary>Writes what is done to one head.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="plan">What is done.</param>
    /// <param name="rotate">The kernel that rotates.</param>
    /// <param name="offset">Where the head begins among all heads of the projection, in floats.</param>
    /// <param name="from">Its numbers.</param>
    /// <param name="to">Where the result goes; the same for in its place.</param>
    public static void Write(SourceWriter writer, HeadPlan plan, string rotate, string offset, string from, string to)
    {
        foreach (HeadStep step in plan.Steps)
        {
            writer.Line(step.Operation switch
            {
                HeadOperation.AddBias => $"Kernels.AddBias({from}, {Code.At($"w->{step.Tensor!.Name}", offset)}, {to});",
                HeadOperation.Rotate => $"Kernels.{rotate}({from}, cos, sin, {to});",
                _ => throw new InvalidOperationException($"No head knows {step.Operation}."),
            });
            from = to;
        }
    }

    /// <summary>The kernels of whatever is done to heads.</summary>
    public static void WriteKernels(KernelClass kernels)
    {
        Pointwise.WriteRotate(kernels);
        if (kernels.Plan.DoesToHeads(HeadOperation.AddBias))
            WriteAddBias(kernels);
    }

    private static void WriteAddBias(KernelClass kernels)
    {
        Dialect isa = kernels.Isa.Fit(kernels.Plan.Spec.HeadDim);
        SourceWriter writer = kernels.Writer;
        kernels.Kernel(
            "AddBias",
            "y = x + bias",
            "x, bias, y [HeadDim]",
            [("float*", "x"), ("float*", "bias"), ("float*", "y")],
            () => Loops.ForVectors(
                writer, isa, "0", "HeadDim", () => writer.Line(isa.Store("y + i", $"{isa.Load("x + i")} + {isa.Load("bias + i")}"))));
    }
}
