using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Runtime.Loader;
using System.Security.Cryptography;
using Llamalith.Contracts;
using Llamalith.Reference;
using Llamalith.Tests.Harness;
using Llamalith.Training;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace Llamalith.Tests.Imitation;

/// <summary>
/// Engines of instruction sets that few machines have, run on any x86 machine: their operations are imitated by narrower ones. Logits and
/// caches are the bits of the engines of AVX2 and of plain C#.
/// </summary>
public sealed class ImitatedMachineTests
{
    private const string Intrinsics = "global::System.Runtime.Intrinsics.X86.";
    private static readonly int[] s_pieces = [1, 2, 1, 5, 13, 1];

    private static readonly string[] s_wide = ["Avx512F", "Avx512BW", "Avx512DQ"];

    /// <summary>Every weight format, by each way of multiplying it.</summary>
    [Theory]
    [InlineData("F32", "F16", "BF16")]
    [InlineData("Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1")]
    [InlineData("Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K")]
    public void WeightFormats_GiveTheSameBits(params string[] formats) => GivesTheSameBits(
        "Dim = 256, FfnDim = 256, Layers = 1, Heads = 4, KvHeads = 2, VocabSize = 96, Context = 64, Weights = "
            + string.Join(" | ", formats.Select(static format => "WeightFormat." + format)),
        [.. formats.Select(Enum.Parse<TensorType>)],
        vnni: formats[0][0] == 'Q');

    /// <summary>Cache formats, groups of query heads, heads that full vectors do not divide, windows, biases.</summary>
    [Theory]
    [InlineData(
        "Dim = 90, FfnDim = 173, Layers = 1, Heads = 6, KvHeads = 2, HeadDim = 14, VocabSize = 259, Context = 77, QkvBias = true, "
            + "SlidingWindow = 19, "
        + "RopeLayout = RopeLayout.HalfSplit, KvCache = KvFormat.F32")]
    [InlineData("Dim = 240, FfnDim = 512, Layers = 1, Heads = 12, KvHeads = 4, VocabSize = 100, Context = 64, KvCache = KvFormat.Int8")]
    [InlineData("Dim = 64, FfnDim = 172, Layers = 1, Heads = 8, KvHeads = 8, VocabSize = 100, Context = 64, KvCache = KvFormat.F16")]
    [InlineData(
        "Dim = 128, FfnDim = 172, Layers = 1, Heads = 8, KvHeads = 1, VocabSize = 100, Context = 64, SlidingWindow = 30, KvCache = "
            + "KvFormat.Int8")]
    [InlineData(
        "Dim = 96, FfnDim = 172, Layers = 1, Heads = 2, KvHeads = 1, HeadDim = 48, VocabSize = 100, Context = 64, KvCache = KvFormat.F32")]
    public void Structure_GivesTheSameBits(string properties) => GivesTheSameBits(properties, [TensorType.F32], vnni: false);

    private static void GivesTheSameBits(string properties, TensorType[] types, bool vnni)
    {
        Assert.SkipUnless(Avx2.IsSupported && Fma.IsSupported, "AVX-512 is imitated on x86 only, where AVX2 is there.");
        Dictionary<string, string> digests = new()
        {
            ["plain C#"] = Run(properties, "Scalar", types, [], "scalar"),
            ["AVX2"] = Run(properties, "Avx2", types, vnni ? ["-AvxVnni"] : [], "avx2"),
            ["AVX-512"] = Run(properties, "Avx512", types, vnni ? [.. s_wide, "-AvxVnni"] : s_wide, "avx512"),
        };
        if (vnni)
        {
            digests["AVX-512 and AVX-VNNI"] = Run(properties, "Avx512", types, [.. s_wide, "AvxVnni"], "avx512", "avx512", "avxvnni");
            digests["AVX2 and AVX-VNNI"] = Run(properties, "Avx2", types, ["AvxVnni"], "avx2", "avx2", "avxvnni");
        }

        Assert.All(digests, digest => Assert.True(digest.Value == digests["plain C#"], $"{digest.Key} gives other bits than plain C#."));
    }

    // Logits and caches of some tokens, in pieces that leave tails, as one digest; the reference is near. Each of some kernels gives the
    // same.
    private static string Run(
        string properties, string isa, TensorType[] types, string[] imitated, string instructionSet, params string[] kernels)
    {
        Type model = Load($"using Llamalith; [LlamaModel({properties}, Isa = Isa.{isa})] public sealed partial class Model;", imitated);
        using MemoryStream results = new();
        foreach (TensorType type in types)
        {
            byte[] bits = Run(model, type, threads: 1, instructionSet);
            if (type == types[0])
                Assert.Equal(bits, Run(model, type, threads: 2, instructionSet));
            foreach (string kernel in kernels)
                Assert.Equal(bits, Run(model, type, threads: 1, instructionSet, Choice(type, kernel)));
            results.Write(bits);
        }

        return Convert.ToHexString(SHA256.HashData(results.ToArray()));
    }

    // What a machine lacks is passed over.
    private static KernelChoices Choice(TensorType type, string kernel) => new(
        [new(ProductKind.MatVec, type, kernel, 2048, 512, 0), new(ProductKind.MatMul, type, kernel, 0, 0, 32)]);

    private static byte[] Run(Type model, TensorType type, int threads, string instructionSet, KernelChoices? kernels = null)
    {
        ModelShape shape = (ModelShape)model.GetProperty("CompiledShape")!.GetValue(null)!;
        RopeLayout layout = shape.QkvBias == true ? RopeLayout.HalfSplit : RopeLayout.Interleaved;
        int[] tokens = new int[s_pieces.Sum()];
        Random random = new(7);
        for (int i = 0; i < tokens.Length; i++)
            tokens[i] = random.Next(shape.VocabSize);
        double[][] expected = new ReferenceModel(Weights(), shape).Logits(tokens);

        using ILlamaModel engine = (ILlamaModel)model.GetMethod("Load", [typeof(Checkpoint), typeof(LoadOptions)])!
            .Invoke(null, [Weights(), new LoadOptions { Threads = threads, Kernels = kernels }])!;
        Assert.Equal(instructionSet, engine.InstructionSet);
        using MemoryStream result = new();
        int next = 0;
        foreach (int piece in s_pieces)
        {
            ReadOnlySpan<float> logits = piece == 1 ? engine.Decode(tokens[next]) : engine.Prefill(tokens.AsSpan(next, piece));
            result.Write(MemoryMarshal.AsBytes(logits));
            next += piece;
            double scale = Math.Sqrt(expected[next - 1].Average(static logit => logit * logit));
            for (int i = 0; i < logits.Length; i++)
                Assert.InRange((logits[i] - expected[next - 1][i]) / scale, -0.15, 0.15);
        }

        // Several tokens at once in decode's order: the bits that decoding one by one gives on every machine.
        engine.Truncate(3);
        float[][] alone = [.. tokens[3..18].Select(token => engine.Decode(token).ToArray())];
        engine.Truncate(3);
        CollectedLogits rows = new(alone.Length, shape.VocabSize);
        engine.DecodeRows(tokens.AsSpan(3, alone.Length), rows);
        for (int row = 0; row < alone.Length; row++)
        {
            Assert.True(rows.Of(row).SequenceEqual(alone[row]),
                $"{instructionSet}, {type}: row {row} has other bits than the token decoded alone.");
        }

        result.Write(MemoryMarshal.AsBytes(rows.Values));

        object cache = model.GetProperty("Cache")!.GetValue(engine)!;
        cache.GetType().GetMethod("Save")!.Invoke(cache, [result]);
        return result.ToArray();

        MemoryCheckpoint Weights() => new RandomWeights { Seed = 3, Type = type, Layout = layout }.Make(shape);
    }

    // The class with its engine, in which some classes of instructions are imitated, and some ("-") are not there.
    private static Type Load(string source, string[] imitated)
    {
        CSharpCompilation compilation =
            Compiler.Compile(source).AddReferences(MetadataReference.CreateFromFile(typeof(Avx512F).Assembly.Location));
        foreach (GeneratedSourceResult file in Compiler.Generate(source))
        {
            string text = file.SourceText.ToString();
            foreach (string name in imitated)
            {
                string bare = name.TrimStart('-');
                text = text.Replace($"{Intrinsics}{bare};", $"global::Llamalith.Tests.Imitation.{(name == bare ? "" : "No")}{bare};",
                    StringComparison.Ordinal);
            }

            compilation = compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText(text, Compiler.ParseOptions, path: file.HintName));
        }

        using MemoryStream image = new();
        EmitResult result = compilation.Emit(image);
        Assert.True(
            result.Success, string.Join('\n', result.Diagnostics.Where(static d => d.Severity == DiagnosticSeverity.Error).Take(5)));
        image.Position = 0;
        return new AssemblyLoadContext("Imitation", isCollectible: true).LoadFromStream(image).GetType("Model", throwOnError: true)!;
    }
}
