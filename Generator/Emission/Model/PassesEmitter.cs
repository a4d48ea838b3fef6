using System.Collections.Generic;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>Passes.g.cs: the forward pass as a table of contents, of one token and of many.</summary>
internal static class PassesEmitter
{
    // A pass of many tokens takes long enough for callers to change their minds.
    private const string EndingBarrier = "if (BarrierOrEnd(rank))\n    return;";

    public static string Write(ModelPlan plan) => EngineFile.Write(plan.Spec, writer =>
    {
        WritePass(writer, plan, "DecodeOn", "One thread's share of a token's forward pass.",
            Scheduler.Of(plan.Graph.Decode), new DecodeSteps(), "Team.Barrier();");
        writer.Line();
        WritePass(writer, plan, "PrefillOn", "One thread's share of a forward pass of many tokens.",
            Scheduler.Of(plan.Graph.Prefill), new PrefillSteps(), EndingBarrier);
        writer.Line();
        WritePass(writer, plan, "DecodeRowsOn", "One thread's share of a forward pass of a few tokens, each of which is summed as alone.",
            Scheduler.Of(plan.Graph.DecodeRows), new DecodeRowsSteps(), EndingBarrier);
        writer.Line();
        WriteLogits(writer, plan, "LogitsOn", "many tokens", new PrefillSteps());
        writer.Line();
        WriteLogits(writer, plan, "RowLogitsOn", "a few tokens, each summed as alone", new DecodeRowsSteps());
    });

    private static void WriteLogits(SourceWriter writer, ModelPlan plan, string name, string tokens, IStepWriter steps)
    {
        writer.Line($"/// <summary>One thread's share of the logits of {tokens}, whose residual streams the last pass left.</summary>");
        writer.HotMethod($"protected override unsafe void {name}(int rank)", () =>
        {
            WriteOwn(writer);
            steps.WriteItems(writer, plan);
            WriteSteps(writer, plan, Scheduler.Of(plan.Graph.Logits).Output, steps, EndingBarrier);
        });
    }

    private static void WritePass(
        SourceWriter writer, ModelPlan plan, string name, string summary, Schedule schedule, IStepWriter steps, string barrier)
    {
        writer.Line($"/// <summary>{summary} {schedule.BarriersPerLayer} barriers a layer.</summary>");
        writer.HotMethod($"protected override unsafe void {name}(int rank)", () =>
        {
            WriteOwn(writer);
            steps.WriteItems(writer, plan);
            writer.Block("for (int layer = 0; layer < PassLayers; layer++)", () =>
            {
                writer.Line("LayerWeights* w = _weights.Layer + layer;");
                WriteSteps(writer, plan, schedule.Layer, steps, barrier);
            });
            if (schedule.Output.Count == 0)
                return;
            writer.Line();
            writer.Nested("if (!PassWantsLogits)", "return;");
            WriteSteps(writer, plan, schedule.Output, steps, barrier);
        });
    }

    // What a thread computes with: the buffers of all, its own, and the panels that fall to it.
    private static void WriteOwn(SourceWriter writer)
    {
        writer.Line("Scratch s = _scratch;");
        writer.Line("ref Scratch.Thread t = ref s.Threads[rank];");
        writer.Line("ref ThreadPanels panels = ref _panels[rank];");
    }

    private static void WriteSteps(
        SourceWriter writer, ModelPlan plan, IReadOnlyList<ScheduledStep> scheduled, IStepWriter steps, string barrier)
    {
        foreach (ScheduledStep step in scheduled)
        {
            if (step.BarrierBefore)
                writer.Line(barrier);
            steps.Write(writer, plan, step.Step);
        }
    }
}
