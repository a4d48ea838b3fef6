using System.Collections.Generic;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>What is done to one head of the queries, keys or values before attention.</summary>
internal enum HeadOperation
{
    /// <summary>The projection's bias is added.</summary>
    AddBias,

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
    public static HeadPlan Queries(ModelSpec spec) => new(LayerTensors.Query, [.. Bias(spec, LayerTensors.QueryBias), new(HeadOperation.Rotate)]);

    public static HeadPlan Keys(ModelSpec spec) => new(LayerTensors.Key, [.. Bias(spec, LayerTensors.KeyBias), new(HeadOperation.Rotate)]);

    public static HeadPlan Values(ModelSpec spec) => new(LayerTensors.Value, [.. Bias(spec, LayerTensors.ValueBias)]);

    private static IEnumerable<HeadStep> Bias(ModelSpec spec, LayerTensor bias)
    {
        if (spec.Has(bias.When))
            yield return new(HeadOperation.AddBias, bias);
    }
}
