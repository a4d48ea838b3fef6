using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Model;

/// <summary>
/// The steps of a few tokens at once in decode's order: rows of shared buffers, as many tokens have, but kernels that sum as for one, and
/// attention of each token by itself, in its own conversation.
/// </summary>
internal sealed class DecodeRowsSteps : IStepWriter
{
    private readonly PrefillSteps _rows = new("MatRows");

    public void WriteItems(SourceWriter writer, ModelPlan plan) => _rows.WriteItems(writer, plan);

    public void Write(SourceWriter writer, ModelPlan plan, Step step)
    {
        switch (step.Kind)
        {
            case StepKind.Attend:
                writer.Block("for (int token = 0; token < tokens; token++)", () =>
                {
                    string visible = VisibleText.VisibleTo(plan.Visible, "RowPositions[token]");
                    writer.Line($"(int firstItem, int endItem) = Contracts.WorkerTeam.ShareBlocks({visible}, "
                        + "BlockPositions, KvHeads, rank, _panels.Length);");
                    string qkv = plan.NormsProjections ? "s.Qkv + (token * (long)QkvStride), " : "";
                    writer.Nested(
                        "for (int item = firstItem; item < endItem; item++)", $"AttendBlock(w, layer, item, token, {qkv}ref t);");
                });
                break;
            case StepKind.Combine:
                writer.Block(PrefillSteps.EachToken, () =>
                {
                    string visible = VisibleText.VisibleTo(plan.Visible, "RowPositions[token]");
                    writer.Line($"int blocks = ({visible} + BlockPositions - 1) / BlockPositions;");
                    writer.Line("long heads = token * (long)(CacheBlocks * PaddedHeads);");
                    writer.Line("Kernels.Combine(s.Max + heads, s.Sum + heads, s.Partials + (token * (long)CacheBlocks * QueryDimStride), "
                        + "t.Factors, s.Attended + (token * (long)QueryDimStride), blocks);");
                });
                break;
            default:
                _rows.Write(writer, plan, step);
                break;
        }
    }
}
