using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Llamalith.Contracts;
using Llamalith.Engines;
using Llamalith.KernelChecks;

namespace Llamalith.Tests;

/// <summary>The table of checks in this process, on the best instruction set that the machine has.</summary>
public sealed class CheckTableTests
{
    private static readonly Dictionary<string, Check> s_checks = CheckTable.All.ToDictionary(check => check.Name);

    /// <summary>The checks that this machine can run; the others run in legs of <see cref="InstructionSetTests"/>.</summary>
    public static IEnumerable<TheoryDataRow<string>> Supported() =>
        CheckTable.All.Where(check => check.IsSupported()).Select(check => new TheoryDataRow<string>(check.Name));

    [Theory]
    [MemberData(nameof(Supported))]
    public void Engine_Does(string check) => s_checks[check].Run();

    [Fact]
    public void SmallTier_MeetsEveryWeightAndCacheFormatAndInstructionSet()
    {
        string names = string.Join('\n', CheckTable.Small.Select(check => check.Name));
        Assert.All(Enum.GetValues<KvFormat>(), format => Assert.Contains($", {format} cache:", names, StringComparison.Ordinal));
        Assert.All(
            Enum.GetValues<TensorType>().Where(type => type != TensorType.F32 && TensorTypes.HasKernels(type)),
            type => Assert.Contains($" {type},", names, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<Isa>().Where(isa => BitOperations.IsPow2((int)isa)),
            isa => Assert.Contains($"Only{isa}, ", names, StringComparison.Ordinal));
    }

    /// <summary>
    /// What is emitted depends on pairs: an instruction set with the query heads that share a load, with how a head is cut into vectors,
    /// with the cache's format, with how many blocks of it there are. Whatever any class has, each set of vectors has met.
    /// </summary>
    [Fact]
    public void Engines_MeetEveryPairOfVectorsAndForm()
    {
        string[] forms = [.. CheckTable.Engines.SelectMany(Forms).Distinct().Order(StringComparer.Ordinal)];
        Assert.InRange(forms.Length, 20, int.MaxValue);
        Assert.All((Isa[])[Vectors.Wide, Vectors.Narrow], set =>
            Assert.Equal(forms,
                CheckTable.Engines.Where(engine => engine.Isa.HasFlag(set)).SelectMany(Forms).Distinct().Order(StringComparer.Ordinal)));

        static IEnumerable<string> Forms(CheckTable.Engine engine)
        {
            ModelShape shape = engine.Shape;
            yield return $"{shape.Heads / shape.KvHeads} query heads a group";
            yield return $"{engine.KvFormat} cache";
            yield return shape.Context > 256 ? "several blocks" : "one block";
            yield return shape.SlidingWindow > 0 && shape.SlidingWindow < shape.Context ? "window" : "no window";
            yield return shape.QkvBias == true ? "bias" : "no bias";

            // Values lie in slices of 32 or 16 elements where those divide a head; else the head is one slice, of vectors that divide it.
            int slice = shape.HeadDim % 32 == 0 ? 32 : shape.HeadDim % 16 == 0 ? 16 : shape.HeadDim;
            yield return shape.HeadDim > slice ? $"several slices of {slice}" : slice is 32 or 16
                ? $"one slice of {slice}" : $"one slice of {slice & -slice}s";
        }
    }
}
