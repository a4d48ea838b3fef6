using CsCheck;
using Llamalith.Generator.Emission;
using Llamalith.Generator.Spec;
using Llamalith.Tests.Spec;
using Microsoft.CodeAnalysis.CSharp;
using Mirror = Llamalith.Generator.Spec;
using Quant = Llamalith.Generator.Quant;

namespace Llamalith.Tests.Emission;

/// <summary>What the rules let through, the planner and the emitters can do.</summary>
public sealed class AnyModelTests
{
    [Fact]
    public void SoundModel_IsEmittedAsCodeThatParses() => Model.Sample(
        static spec =>
        {
            foreach (GeneratedFile file in ModelEmitter.Emit(spec))
            {
                Assert.Empty(CSharpSyntaxTree.ParseText(
                    file.Source, Harness.Compiler.ParseOptions, cancellationToken: TestContext.Current.CancellationToken)
                    .GetDiagnostics(TestContext.Current.CancellationToken));
                Assert.DoesNotContain('\r', file.Source);
            }
        },
        iter: 40,
        threads: 1);

    private static Gen<ModelSpec> Model { get; } =
        from dim in Gen.Int[1, 3000]
        from ffnDim in Gen.Int[1, 3000]
        from layers in Gen.Int[1, 100]
        from kvHeads in Gen.Int[1, 16]
        from groupSize in Gen.OneOf(Gen.Int[1, 8], Gen.Int[1, 256])
        from halfHead in Gen.OneOf(Gen.Int[1, 128], Gen.Int[1, 512])
        from vocabSize in Gen.Int[2, 40000]
        from context in Gen.Int[1, 5000]
        from window in Gen.Int[0, 5000]
        from kv in Gen.Int[0, 2]
        from options in Gen.Bool.Array[3]
        from isa in Gen.Int[1, 15]
        from weights in Gen.OneOf(Gen.Const(0), Gen.Int[1, (1 << 13) - 1])
        from scaling in Gen.Int[0, 2]
        select Specs.Resolve(Specs.Request(
            Mirror.LlamaPreset.None,
            ("Dim", dim),
            ("FfnDim", ffnDim),
            ("Layers", layers),
            ("Heads", kvHeads * groupSize),
            ("KvHeads", kvHeads),
            ("HeadDim", 2 * halfHead),
            ("VocabSize", vocabSize),
            ("Context", context),
            ("SlidingWindow", window),
            ("QkvBias", options[0]),
            ("TiedEmbeddings", options[1]),
            ("KvCache", kv),
            ("RopeLayout", options[2] ? 0 : 1),
            ("RopeScaling", scaling),
            ("Isa", isa),

            // F32 beside whatever else: rows of random width fit no blocks (LLAMA023).
            ("Weights", weights | (int)Quant.WeightFormat.F32)));
}
