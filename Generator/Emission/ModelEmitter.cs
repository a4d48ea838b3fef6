using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Kernels;
using Llamalith.Generator.Emission.Model;
using Llamalith.Generator.Emission.Training;
using Llamalith.Generator.Emission.Weights;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission;

/// <summary>A spec in, all files of its engine out: what lies in the user's class, then what lies in the engine's namespace.</summary>
internal static class ModelEmitter
{
    public static IReadOnlyList<GeneratedFile> Emit(ModelSpec spec)
    {
        ModelPlan plan = new(spec);
        PlanVerifier.Verify(plan);
        List<GeneratedFile> files = [];
        Add("Model", ModelClassEmitter.Write(plan));
        Add("KvCache", KvCacheEmitter.Write(plan));
        if (spec.Prompts.Count > 0)
            Add("Prompts", PromptsEmitter.Write(plan));

        Add("Engine", EngineEmitter.Write(plan));
        Add("Passes", PassesEmitter.Write(plan));
        Add("Attention", AttentionEmitter.Write(plan));
        Add("Products", ProductsEmitter.Write(plan));
        Add("ThreadPanels", ThreadPanelsEmitter.Write(plan));
        Add("Weights", WeightsEmitter.Write(plan));
        if (plan.Variants.Count > 0)
            Add("Variants", VariantsEmitter.Write(plan));
        Add("Scratch", ScratchEmitter.Write(plan));
        if (plan.Training is not null)
        {
            Add("Trainer", TrainerClassEmitter.Write(plan));
            Add("TrainingEngine", TrainingEngineEmitter.Write(plan, plan.Training));
            Add("TrainingPasses", TrainingPassesEmitter.Write(plan));
            Add("TrainingAttention", TrainingAttentionEmitter.Write(plan));
            Add("TrainingMemory", TrainingMemoryEmitter.Write(plan));
        }

        // Every instruction set has a kernel of the same signature, or, where only one can be taken, that one alone.
        List<KernelSignature> kernels = [];
        foreach (TargetPlan target in plan.Kernels)
            kernels.AddRange(KernelFiles.Write(plan, target, Add)
                .Where(kernel => !kernels.Any(known => known.Name == kernel.Name)).ToList());
        Add("Kernels", DispatchEmitter.Write(plan, kernels));
        return files;

        void Add(string name, string source) => files.Add(new GeneratedFile($"{spec.HintFolder}/{name}.g.cs", source));
    }
}
