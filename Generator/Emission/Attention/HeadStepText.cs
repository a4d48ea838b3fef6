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
                HeadOperation.Normalize => $"Kernels.HeadNorm({from}, w->{step.Tensor!.Name}, {to});",
                HeadOperation.Rotate => $"Kernels.{rotate}({from}, cos, sin, {to});",
                _ => throw new InvalidOperationException($"No head knows {step.Operation}."),
            });
            from = to;
        }
    }

    /// <summary>A kernel of what is done to heads.</summary>
    public static void WriteKernel(KernelClass kernels, HeadKernelPlan plan)
    {
        switch (plan)
        {
            case RotatePlan rotate:
                Pointwise.WriteRotate(kernels, rotate);
                break;
            case AddBiasPlan bias:
                WriteAddBias(kernels, bias);
                break;
            case HeadNormPlan norm:
                Pointwise.WriteHeadNorm(kernels, norm);
                break;
            default:
                throw new InvalidOperationException($"No head knows {plan.GetType().Name}.");
        }
    }

    private static void WriteAddBias(KernelClass kernels, AddBiasPlan plan)
    {
        Dialect isa = plan.Isa;
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
