using System.Collections.Generic;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>What is done to one head of the queries, keys or values before attention.</summary>
internal enum HeadOperation
{
    /// <summary>The projection's bias is added.</summary>
    AddBias,

    /// <summary>RMSNorm of the head by itself.</summary>
    Normalize,

    /// <summary>The rotary embedding.</summary>
    Rotate,
}

/// <summary>One operation on a head.</summary>
/// <param name="Operation">What is done.</param>
/// <param name="Tensor">The weights that it reads; null where it reads none.</param>
internal sealed record HeadStep(HeadOperation Operation, LayerTensor? Tensor = null);

/// <summary>What is done to each head of a projection's output, in order.</summary>
/// <param name="Projection">The projection.</param>
/// <param name="Steps">The operations.</param>
internal sealed record HeadPlan(LayerTensor Projection, IReadOnlyList<HeadStep> Steps)
{
    public static HeadPlan Queries(ModelSpec spec) =>
        Rotated(spec, LayerTensors.Query, LayerTensors.QueryBias, LayerTensors.QueryHeadNorm);

    public static HeadPlan Keys(ModelSpec spec) =>
        Rotated(spec, LayerTensors.Key, LayerTensors.KeyBias, LayerTensors.KeyHeadNorm);

    public static HeadPlan Values(ModelSpec spec) => new(LayerTensors.Value, [.. With(spec, LayerTensors.ValueBias)]);

    private static HeadPlan Rotated(ModelSpec spec, LayerTensor projection, LayerTensor bias, LayerTensor norm) =>
        new(projection, [.. With(spec, bias), .. With(spec, norm), new(HeadOperation.Rotate)]);

    // What is done with a tensor, where the model has it.
    private static IEnumerable<HeadStep> With(ModelSpec spec, LayerTensor tensor)
    {
        if (spec.Has(tensor.When))
            yield return new(tensor.Role == TensorRole.Norm ? HeadOperation.Normalize : HeadOperation.AddBias, tensor);
    }
}

/// <summary>A kernel of what is done to heads.</summary>
/// <param name="Isa">Vectors that divide what it walks over.</param>
/// <param name="Elements">Numbers that it walks over.</param>
internal abstract record HeadKernelPlan(Dialect Isa, int Elements) : KernelPlan(Isa)
{
    /// <summary>The kernels of an engine's heads.</summary>
    public static IEnumerable<HeadKernelPlan> Of(ModelPlan plan, Dialect isa)
    {
        yield return RotatePlan.Of(plan.Spec, isa, "RotateQuery") with { IsQuery = true };
        yield return RotatePlan.Of(plan.Spec, isa, "RotateKey");
        if (plan.DoesToHeads(HeadOperation.AddBias))
            yield return new AddBiasPlan(isa.Fit(plan.Spec.HeadDim), plan.Spec.HeadDim);
        if (plan.DoesToHeads(HeadOperation.Normalize))
            yield return HeadNormPlan.Of("HeadNorm", "HeadDim", plan.Spec.HeadDim, isa);
        if (plan.NormsProjections)
        {
            yield return HeadNormPlan.Of("QueryNorm", "QueryDim", plan.Spec.QueryDim, isa);
            yield return HeadNormPlan.Of("KeyNorm", "KvDim", plan.Spec.KvDim, isa);
        }
    }

    /// <summary>Those of their derivatives.</summary>
    public static IEnumerable<HeadKernelPlan> Back(ModelPlan plan, Dialect isa)
    {
        yield return RotatePlan.Of(plan.Spec, isa, "RotateBack") with { IsBack = true };
    }
}

/// <summary>The rotary embedding.</summary>
/// <param name="Isa">Vectors that divide what it walks over.</param>
/// <param name="Elements">Numbers that it walks over: half a head where partners lie in its halves.</param>
/// <param name="Name">As in RotateKey.</param>
internal sealed record RotatePlan(Dialect Isa, int Elements, string Name) : HeadKernelPlan(Isa, Elements)
{
    /// <summary>Whether the softmax's scale is taken along.</summary>
    public bool IsQuery { get; init; }

    /// <summary>Whether it turns back.</summary>
    public bool IsBack { get; init; }

    public static RotatePlan Of(ModelSpec spec, Dialect isa, string name)
    {
        int elements = spec.RopeLayout == RopeLayout.Interleaved ? spec.HeadDim : spec.HeadDim / 2;
        return new RotatePlan(isa.Fit(elements), elements, name);
    }
}

/// <summary>The bias of a projection.</summary>
internal sealed record AddBiasPlan(Dialect Isa, int Elements) : HeadKernelPlan(Isa, Elements);

/// <summary>
/// RMSNorm of a head, or of all at once. Its sum has the lanes of every sum: what those do not divide is walked over a number a turn.
/// </summary>
/// <param name="Isa">Vectors that divide what it walks over.</param>
/// <param name="Elements">Numbers that it walks over.</param>
/// <param name="Name">As in HeadNorm.</param>
/// <param name="Length">The constant that holds their number.</param>
internal sealed record HeadNormPlan(Dialect Isa, int Elements, string Name, string Length) : HeadKernelPlan(Isa, Elements)
{
    /// <summary>Vectors of the sum's lanes; 0 for a loop over numbers.</summary>
    public int Vectors => Isa.Lanes == 1 ? 0 : SumOrder.Lanes / Isa.Lanes;

    public static HeadNormPlan Of(string name, string length, int elements, Dialect isa) =>
        new(elements % SumOrder.Lanes == 0 ? isa : isa.Fit(1), elements, name, length);
}
