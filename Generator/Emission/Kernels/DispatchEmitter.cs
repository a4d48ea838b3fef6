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
                string choice = kernel.Integers is null ? "" : ", int kernel";
                writer.Method($"public static void {kernel.Name}({kernel.Parameters}{choice})", () =>
                {
                    string Use(Dialect isa) => $"{isa.Name}.{kernel.Name}({kernel.Arguments});";
                    const string Otherwise = "throw new PlatformNotSupportedException();";
                    if (kernel.Integers is { } integers)
                        ChooseByNumber(writer, plan.TargetsOf(integers), Use, Otherwise);
                    else
                        Choose(writer, plan.Targets, Use, Otherwise);
                });
            }
        }));

    // The one of that number in the plan's list, which the machine has. A list of one is not asked for its number.
    private static void ChooseByNumber(SourceWriter writer, IReadOnlyList<Dialect> targets, Func<Dialect, string> use, string otherwise)
    {
        if (targets.Count == 1)
        {
            Choose(writer, targets, use, otherwise);
            return;
        }

        for (int i = 0; i < targets.Count; i++)
        {
            if (targets[i].Guard == "true")
            {
                writer.Nested("else", use(targets[i]));
                return;
            }

            writer.Nested($"{(i == 0 ? "if" : "else if")} (kernel == {Code.Int(i + 1)} && {targets[i].Guard})", use(targets[i]));
        }

        writer.Nested("else", otherwise);
    }

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
