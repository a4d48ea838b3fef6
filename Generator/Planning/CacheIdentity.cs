using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>
/// The line by which a saved cache says whose it is: the class, and whatever of its spec decides the bits of keys and values or where they
/// lie. What is left out decides neither: a longer context reads what a shorter one wrote, and the classifier comes behind the last layer.
/// </summary>
internal static class CacheIdentity
{
    private static readonly string[] s_decideNothing =
        [nameof(ModelSpec.Context), nameof(ModelSpec.TiedEmbeddings), nameof(ModelSpec.LogitScale), nameof(ModelSpec.LogitSoftCap)];

    public static string Of(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;

        // As many parts for every class but for what few models have: a message then tells one by one which of them differ.
        IEnumerable<string> hyperparameters = spec.Hyperparameters
            .Where(static property => !s_decideNothing.Contains(property.Name) && !(property.IsTrait && !property.IsStated))
            .Select(static property => $"{property.Name}={(property.IsStated ? Text(property.Value) : "-")}");
        return string.Join(
            " ",
            [
                spec.FullName,
                $"KvCache={spec.KvCache}",
                .. hyperparameters,
                $"RopeLayout={spec.RopeLayout}",
                $"Weights={spec.Weights.ToString().Replace(", ", "|")}",
                $"Block={Text(plan.Cache.BlockPositions)}/{Text(CacheLayout.PositionTile)}/{Text(plan.Cache.Slice)}",
            ]);
    }

    private static string Text(object value) =>
        value is double real ? real.ToString("R", CultureInfo.InvariantCulture) : Convert.ToString(value, CultureInfo.InvariantCulture);
}
