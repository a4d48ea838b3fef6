using System.Collections.Generic;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Model;

/// <summary>Model.g.cs: the constants, then the forward pass as a table of contents.</summary>
internal static class ForwardEmitter
{
    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        SourceWriter writer = new();
        string bases = $" : LlamalithContracts.ILlamaModel<{spec.TypeName}>, LlamalithContracts.ITeamJob";
        ModelFile.Write(
            writer,
            spec,
            () =>
            {
                ConstantsEmitter.Write(writer, plan);
                writer.Line();
                LifeEmitter.Write(writer, plan);
                writer.Line();
                CallsEmitter.Write(writer);
                writer.Line();
                WritePass(writer, plan, "DecodeOn", "One thread's share of a token's forward pass.", Scheduler.Of(plan.Graph.Decode), new DecodeSteps());
                writer.Line();
                WritePass(writer, plan, "PrefillOn", "One thread's share of a forward pass of many tokens.", Scheduler.Of(plan.Graph.Prefill), new PrefillSteps());
                writer.Line();
                WriteLogits(writer, plan);
                writer.Line();
                SharesEmitter.Write(writer, plan);
            },
            bases,
            KvCacheEmitter.ContractsAlias,
            $"// An engine for {Code.Grouped(spec.Layers)} layers of width {Code.Grouped(spec.Dim)}: {Code.Grouped(ParameterCount.Total(spec))} parameters.");
        return writer.ToString();
    }

    private static void WriteLogits(SourceWriter writer, ModelPlan plan)
    {
        PrefillSteps steps = new();
        writer.Line("/// <summary>One thread's share of the logits of many tokens, whose residual streams the last pass left.</summary>");
        writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        writer.Block("private unsafe void LogitsOn(int rank)", () =>
        {
            writer.Line("Scratch s = _scratch;");
            writer.Line("ref Scratch.Thread t = ref s.Threads[rank];");
            writer.Line("ref Share share = ref _shares[rank];");
            steps.WriteShare(writer, plan);
            WriteSteps(writer, plan, Scheduler.Of(plan.Graph.Logits).Head, steps);
        });
        writer.Line();
        writer.Block("private unsafe void ReadOn(int rank)", () =>
        {
            steps.WriteShare(writer, plan);
            writer.Nested(
                "for (int token = firstToken; token < endToken; token++)",
                "_reader!.Read(_first + _picked[token], new ReadOnlySpan<float>(_scratch.LogitRows + (token * (long)LogitStride), VocabSize));");
        });
    }

    private static void WritePass(SourceWriter writer, ModelPlan plan, string name, string summary, Schedule schedule, IStepWriter steps)
    {
        writer.Line($"/// <summary>{summary} {schedule.BarriersPerLayer} barriers a layer.</summary>");
        writer.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)]");
        writer.Block($"private unsafe void {name}(int rank)", () =>
        {
            writer.Line("Scratch s = _scratch;");
            writer.Line("ref Scratch.Thread t = ref s.Threads[rank];");
            writer.Line("ref Share share = ref _shares[rank];");
            steps.WriteShare(writer, plan);
            writer.Block("for (int layer = 0; layer < _layers; layer++)", () =>
            {
                writer.Line("LayerWeights* w = _weights.Layer + layer;");
                WriteSteps(writer, plan, schedule.Layer, steps);
            });
            writer.Line();
            writer.Nested("if (!_head)", "return;");
            WriteSteps(writer, plan, schedule.Head, steps);
        });
    }

    private static void WriteSteps(SourceWriter writer, ModelPlan plan, IReadOnlyList<ScheduledStep> scheduled, IStepWriter steps)
    {
        foreach (ScheduledStep step in scheduled)
        {
            if (step.BarrierBefore)
                writer.Line("_team.Barrier();");
            steps.Write(writer, plan, step);
        }
    }
}
