using System;
using System.Collections.Generic;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Emission.Training;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>The kernel files of one instruction set: one a family.</summary>
internal static class KernelFiles
{
    /// <summary>Writes every family that an instruction set is asked for, and returns the kernels' signatures.</summary>
    public static IReadOnlyList<KernelSignature> Write(ModelPlan plan, TargetPlan target, Action<string, string> add)
    {
        List<KernelSignature> signatures = [];
        foreach (KernelFamily family in target.Families)
        {
            string name = target.Isa.Name;
            string file = EngineFile.Write(plan.Spec, writer => writer.Block($"private static unsafe partial class {name}", () =>
            {
                KernelClass kernels = new(plan, target.Isa, writer);
                foreach (KernelPlan kernel in family.Kernels)
                    Write(kernels, kernel);
                signatures.AddRange(kernels.Signatures);
            }));
            add($"{name}.{family.Name}", file);
        }

        return signatures;
    }

    private static void Write(KernelClass kernels, KernelPlan kernel)
    {
        switch (kernel)
        {
            case FloatMatVecPlan matVec:
                FloatMatVec.Write(kernels, matVec);
                break;
            case FloatTilePlan tile:
                FloatMatMul.WriteTile(kernels, tile);
                break;
            case FloatMatMulPlan matMul:
                FloatMatMul.Write(kernels, matMul);
                break;
            case IntegerMatVecPlan matVec:
                IntegerMatVec.Write(kernels, matVec);
                break;
            case IntegerChunkKernelPlan chunk:
                IntegerMatMul.WriteChunk(kernels, chunk);
                break;
            case IntegerUnpackPlan unpack:
                IntegerMatMul.WriteUnpack(kernels, unpack);
                break;
            case IntegerTilePlan tile:
                IntegerMatMul.WriteTile(kernels, tile);
                break;
            case IntegerMatMulPlan matMul:
                IntegerMatMul.Write(kernels, matMul);
                break;
            case IntegerRowsPlan rows:
                IntegerMatRows.WritePanel(kernels, rows);
                break;
            case IntegerMatRowsPlan matRows:
                IntegerMatRows.Write(kernels, matRows);
                break;
            case ScoresPlan scores:
                AttentionScores.Write(kernels, scores);
                break;
            case SoftmaxPlan softmax:
                AttentionSoftmax.Write(kernels, softmax);
                break;
            case MixPlan mix:
                AttentionMix.Write(kernels, mix);
                break;
            case CapScoresPlan cap:
                AttentionScores.WriteCap(kernels, cap);
                break;
            case CombinePlan combine:
                AttentionResult.WriteCombine(kernels, combine);
                break;
            case NormalizePlan normalize:
                AttentionResult.WriteNormalize(kernels, normalize);
                break;
            case GatheringPlan gathering:
                CacheGathering.Write(kernels, gathering);
                break;
            case FunctionsPlan functions:
                Pointwise.WriteFunctions(kernels, functions);
                break;
            case RmsNormPlan norm:
                Pointwise.WriteRmsNorm(kernels, norm);
                break;
            case AddNormPlan norm:
                Pointwise.WriteAddNorm(kernels, norm);
                break;
            case HeadKernelPlan head:
                HeadStepText.WriteKernel(kernels, head);
                break;
            case QuantizePlan quantize:
                Activations.WriteQuantize(kernels, quantize);
                break;
            case TrainingProductsPlan products:
                TrainingProducts.Write(kernels, products);
                break;
            case TrainingHeadsPlan heads:
                TrainingProducts.WriteHeads(kernels, heads);
                break;
            case TrainingPointwisePlan pointwise:
                TrainingPointwise.Write(kernels, pointwise);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kernel), kernel.GetType().Name, "No emitter writes such a kernel.");
        }
    }
}
