using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Llamalith.Contracts;
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
            Enum.GetValues<TensorType>().Where(type => type != TensorType.F32),
            type => Assert.Contains($" {type},", names, StringComparison.Ordinal));
        Assert.All(Enum.GetValues<Isa>().Where(isa => BitOperations.IsPow2((int)isa)), isa => Assert.Contains($"Only{isa}, ", names, StringComparison.Ordinal));
    }
}
