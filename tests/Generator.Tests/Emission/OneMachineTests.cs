using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Generator.Emission;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Spec;
using Llamalith.Tests.Spec;
using Quant = Llamalith.Generator.Quant;

namespace Llamalith.Tests.Emission;

/// <summary>Where the one machine is known that an engine is for, only kernels are there that it takes, or may choose.</summary>
public sealed class OneMachineTests
{
    private static readonly ModelSpec s_mixed =
        Specs.Small with { Dim = 256, FfnDim = 512, Weights = Quant.WeightFormat.Q4_0 | Quant.WeightFormat.Q8_0 | Quant.WeightFormat.Q6_K };

    [Theory]
    [InlineData(Isa.Avx512, true)]
    [InlineData(Isa.Avx512, false)]
    [InlineData(Isa.Avx2, true)]
    [InlineData(Isa.Avx2, false)]
    [InlineData(Isa.Neon, false)]
    [InlineData(Isa.Scalar, false)]
    public void Kernels_AreThoseThatItTakes(Isa target, bool avxVnni)
    {
        InstructionSet isa = (InstructionSet)(int)target;
        Dictionary<string, string> anywhere = Emit(s_mixed with { Isa = isa }), here = Emit(s_mixed with { Isa = isa, AvxVnni = avxVnni });
        Assert.True(here.Keys.ToHashSet().IsSubsetOf(anywhere.Keys));
        string[] products =
        [
            "MatVecQ4_0", "MatVecQ8_0", "MatVecQ6_K", "MatMulQ4_0", "MatMulQ8_0", "MatMulQ6_K", "MatRowsQ4_0", "MatRowsQ8_0", "MatRowsQ6_K",
        ];
        foreach (string product in products)
        {
            string[] files = FilesOf(product);
            Assert.All(files, file => Assert.Equal(anywhere[file], here[file]));

            // Fewer instructions or wider loads: which of them reads memory faster, an engine has to find out.
            if (avxVnni && isa == InstructionSet.Avx512 && product is "MatVecQ4_0" or "MatVecQ8_0")
            {
                Assert.Equal(2, files.Length);
                continue;
            }

            // What the dispatch asks for first among those of this machine.
            bool takesVnni = avxVnni && (isa == InstructionSet.Avx2 || product is "MatMulQ8_0" or "MatRowsQ8_0");
            Assert.Equal(takesVnni, Assert.Single(files).Contains("AvxVnni.", StringComparison.Ordinal));
        }

        string[] FilesOf(string product) => [.. here.Keys.Where(name => name.EndsWith($".{product}.g.cs", StringComparison.Ordinal))];

        // Every kernel is dispatched as it is where the machine is not known, but for the choice.
        string[] Signatures(Dictionary<string, string> files) =>
            [.. files.Single(file => file.Key.EndsWith("/Kernels.g.cs", StringComparison.Ordinal)).Value.Split('\n')
                .Where(line => line.Contains("public static void", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        Assert.Equal(Signatures(anywhere), Signatures(here));
    }

    [Fact]
    public void Kernels_OfSeveralMachinesAreAllThere()
    {
        InstructionSet two = InstructionSet.Avx512 | InstructionSet.Avx2;
        Assert.Equal(Emit(s_mixed with { Isa = two }), Emit(s_mixed with { Isa = two, AvxVnni = true }));
    }

    private static Dictionary<string, string> Emit(ModelSpec spec) =>
        ModelEmitter.Emit(spec).ToDictionary(file => file.HintName, file => file.Source);
}
