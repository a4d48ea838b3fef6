using System;
using System.Collections.Generic;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>Kernels.g.cs: each kernel in the best instruction set of the machine. The conditions are constants to the JIT.</summary>
internal static class DispatchEmitter
{
    public static string Write(ModelPlan plan, IReadOnlyList<KernelSignature> kernels) => EngineFile.Write(plan.Spec, writer =>
        writer.Block("private static unsafe class Kernels", () =>
        {
            writer.Line("/// <summary>The instruction set in use; null where the machine has none of those emitted.</summary>");
            writer.Block("public static string? InstructionSet", () => writer.Block("get", () =>
                Choose(writer, plan.Targets, isa => $"return \"{isa.Id}\";", "return null;")));
            foreach (KernelSignature kernel in kernels)
            {
                writer.Line();
                writer.Line("[@MethodImpl(MethodImplOptions.AggressiveInlining)]");
                writer.Method($"public static void {kernel.Name}({kernel.Parameters})", () =>
                    Choose(
                        writer,
                        kernel.Integers is { } integers ? plan.TargetsOf(integers) : plan.Targets,
                        isa => $"{isa.Name}.{kernel.Name}({kernel.Arguments});",
                        "throw new PlatformNotSupportedException();"));
            }
        }));

    private static void Choose(SourceWriter writer, IReadOnlyList<Dialect> targets, Func<Dialect, string> use, string otherwise)
    {
        string keyword = "if";
        foreach (Dialect isa in targets)
        {
            if (isa.Guard == "true")
            {
                if (keyword == "if")
                    writer.Line(use(isa));
                else
                    writer.Nested("else", use(isa));
                return;
            }

            writer.Nested($"{keyword} ({isa.Guard})", use(isa));
            keyword = "else if";
        }

        writer.Nested("else", otherwise);
    }
}
