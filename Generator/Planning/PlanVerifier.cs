using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Generator.Isa;

namespace Llamalith.Generator.Planning;

/// <summary>
/// Checks a plan against what emitted code relies on: tiles that stay in registers and divide what they tile, and methods far from
/// the size at which the JIT stops optimising. A violation is a bug of the planner, not of the user.
/// </summary>
internal static class PlanVerifier
{
    // RyuJIT leaves values in memory above some 1,000 locals and gives up above 20,000 instructions; a multiply-add is about 12.
    private const int MaxMultiplyAdds = 400;

    public static void Verify(ModelPlan plan)
    {
        foreach (Dialect isa in plan.Targets)
        {
            MatVecTile matVec = KernelTiles.MatVec(isa);
            Require(ModelPlan.PanelRows % (matVec.RowVectors * isa.Lanes) == 0, "a MatVec tile divides a panel", isa);
            RequireRegisters(matVec.Accumulators + 2, isa, "MatVec");

            MatMulTile matMul = KernelTiles.MatMul(isa);
            Require(ModelPlan.PanelRows % (matMul.RowVectors * isa.Lanes) == 0, "a MatMul tile divides a panel", isa);
            Require(matMul.Tokens[matMul.Tokens.Count - 1] == 1, "MatMul tiles end with one token", isa);
            RequireRegisters((matMul.Tokens[0] * matMul.RowVectors) + matMul.RowVectors + 1, isa, "MatMul");

            if (plan.Training is not null)
            {
                Dialect head = isa.Fit(plan.Spec.HeadDim);
                TrainingTile product = TrainingPlan.Product(isa), mixed = plan.Training.Head(head);
                RequireTile(product, ModelPlan.PanelRows, isa);
                RequireTile(mixed, plan.Spec.HeadDim, head);
            }

            foreach (AttentionForm form in new[] { plan.DecodeAttention, plan.PrefillAttention })
            {
                ScoreTile scores = KernelTiles.Scores(isa, form, plan.Spec.HeadDim);
                Require(form.Rows % scores.Rows == 0 && CacheLayout.PositionTile % (scores.Vectors * isa.Lanes) == 0 && plan.Spec.HeadDim % scores.Steps == 0, "a score tile divides rows, positions and the head", isa);
                RequireRegisters((scores.Rows * scores.Vectors * scores.Steps) + scores.Vectors + 1, isa, "Scores");

                Dialect slice = isa.Fit(plan.Cache.Slice);
                MixTile mix = KernelTiles.Mix(slice, form, plan.Cache.Slice);
                Require(form.Rows % mix.Rows == 0 && plan.Cache.Slice % (mix.Vectors * slice.Lanes) == 0, "a mix tile divides rows and the slice", isa);
                RequireRegisters((mix.Rows * mix.Vectors * mix.Steps) + mix.Vectors + 1, slice, "Mix");
            }
        }

        Require(plan.Spec.HeadDim % plan.Cache.Slice == 0, "slices divide the head");
        Require(plan.Cache.BlockPositions % CacheLayout.PositionTile == 0, "tiles divide a block");
        foreach (Pass pass in new[] { plan.Graph.Decode, plan.Graph.Prefill, plan.Graph.Logits })
        {
            Schedule schedule = Scheduler.Of(pass);
            RequireBarriers(schedule.Layer.Concat(schedule.Layer).Concat(schedule.Output));
        }
    }

    // A thread that skipped a barrier would corrupt silently: what is read whole has been waited for since others wrote to it.
    private static void RequireBarriers(IEnumerable<ScheduledStep> steps)
    {
        HashSet<PassBuffer> fresh = [];
        foreach (ScheduledStep scheduled in steps)
        {
            Step step = scheduled.Step;
            if (scheduled.BarrierBefore)
                fresh.Clear();
            if (step.Split is Split.Rows or Split.Replicated)
                Require(!step.Reads.Any(fresh.Contains), $"{step.Kind} of {string.Join(", ", step.Reads)} waits for its input");
            foreach (PassBuffer buffer in step.Writes)
            {
                if (step.Split == Split.Replicated)
                    fresh.Remove(buffer);
                else
                    fresh.Add(buffer);
            }
        }
    }

    private static void RequireTile(TrainingTile tile, int columns, Dialect isa)
    {
        Require(columns % (tile.Vectors * isa.Lanes) == 0, "a training tile divides its columns", isa);
        Require(tile.Rows[tile.Rows.Count - 1] == 1, "training tiles end with one row", isa);
        RequireRegisters((tile.Rows[0] * tile.Vectors) + tile.Vectors + 1, isa, "training");
    }

    private static void RequireRegisters(int used, Dialect isa, string kernel)
    {
        Require(used <= isa.Registers, string.Format(CultureInfo.InvariantCulture, "the {0} tile of {1} values fits {2} registers", kernel, used, isa.Registers), isa);
        Require(used <= MaxMultiplyAdds, "a tile stays far from the JIT's limits", isa);
    }

    private static void Require(bool holds, string rule, Dialect? isa = null)
    {
        if (!holds)
            throw new InvalidOperationException($"The plan breaks a rule{(isa is null ? "" : " on " + isa.Name)}: {rule}.");
    }
}
