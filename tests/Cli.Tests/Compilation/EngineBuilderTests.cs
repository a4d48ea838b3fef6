using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Cli;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Packer.Compilation;

namespace Llamalith.Tests.Compilation;

public sealed class EngineBuilderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _notices = [];
    private readonly EngineCache _cache;

    public EngineBuilderTests() => _cache = new EngineCache(_folder["engines"]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Get_CompilesOnceForAll()
    {
        string path = TinyModels.WriteGguf(_folder["m.gguf"]);
        EngineBuilder first = Builder(), second = Builder();
        float[] compiled = FirstLogits(first, path);
        Assert.Equal(1, first.Compilations);
        Assert.Equal(compiled, FirstLogits(second, path));
        Assert.Equal(0, second.Compilations);
        Assert.Empty(_notices);
    }

    [Fact]
    public void Get_CompilesAgainWhatIsCorrupt()
    {
        string path = TinyModels.WriteGguf(_folder["m.gguf"]);
        float[] compiled = FirstLogits(Builder(), path);
        string entry = Assert.Single(Directory.GetFiles(_cache.Folder));
        byte[] sound = File.ReadAllBytes(entry);
        byte[] corrupt = [.. sound];
        corrupt[^100] ^= 1;
        File.WriteAllBytes(entry, corrupt);
        EngineBuilder second = Builder();
        Assert.Equal(compiled, FirstLogits(second, path));
        Assert.Equal(1, second.Compilations);
        Assert.Equal(sound, File.ReadAllBytes(entry));
    }

    [Fact]
    public void Get_CompilesAgainForAnotherVersion()
    {
        string path = TinyModels.WriteGguf(_folder["m.gguf"]);
        _ = FirstLogits(Builder("1"), path);
        EngineBuilder second = Builder("2");
        _ = FirstLogits(second, path);
        Assert.Equal(1, second.Compilations);
        Assert.Equal(2, Directory.GetFiles(_cache.Folder).Length);
    }

    [Fact]
    public void Get_RunsWithoutACache()
    {
        string path = TinyModels.WriteGguf(_folder["m.gguf"]);
        File.WriteAllText(_folder["file"], "");
        EngineBuilder homeless = new(null, () => "1", _notices.Add),
            unwritable = new(new EngineCache(_folder["file/engines"]), () => "1", _notices.Add);
        Assert.Equal(FirstLogits(homeless, path), FirstLogits(unwritable, path));
        Assert.Collection(
            _notices,
            notice => Assert.Equal("Compiled engines are not kept: neither XDG_CACHE_HOME nor HOME is set.", notice),
            notice =>
                Assert.StartsWith($"Compiled engines cannot be kept in {_folder["file/engines"]}: ", notice, StringComparison.Ordinal));
    }

    [Fact]
    public void Get_UsesNoCacheThatOthersMayWriteTo()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no such modes.");
            return;
        }

        string path = TinyModels.WriteGguf(_folder["m.gguf"]);
        _ = FirstLogits(Builder(), path);
        File.SetUnixFileMode(_cache.Folder, (UnixFileMode)0b111_111_111);
        EngineBuilder second = Builder();
        _ = FirstLogits(second, path);
        Assert.Equal(1, second.Compilations);
        Assert.Equal(
            $"Compiled engines cannot be read from {_cache.Folder}: {_cache.Folder} is writable by others (mode 777), so that others could "
                + "put code there.", Assert.Single(_notices));
    }

    [Fact]
    public void Get_SaysWhichRuleAClassBreaks()
    {
        ModelClass impossible =
            new() { Namespace = "", Name = "Model", Shape = TinyModels.Shape with { Heads = 6, HeadDim = 16, KvHeads = 4 } };
        CliException error =
            Assert.Throws<CliException>(() => Builder().Get(impossible, ProgressBars.None, TestContext.Current.CancellationToken));
        Assert.StartsWith(
            "No engine can be compiled for this model: Heads = 6 is not divisible by KvHeads = 4", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("(LLAMA008)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Key_DependsOnEverySourceAndWhereItEnds()
    {
        string[] keys = [Builder().KeyOf("ab", "c"), Builder().KeyOf("a", "bc"), Builder().KeyOf("abc"), Builder("2").KeyOf("ab", "c"),
            Builder().KeyOf("ab", "d")];
        Assert.Equal(keys.Length, keys.Distinct().Count());
        Assert.Equal(keys[0], Builder().KeyOf("ab", "c"));
    }

    [Fact]
    public void CurrentVersion_NamesWhatMakesEngines()
    {
        string version = EngineBuilder.CurrentVersion;
        Assert.StartsWith(Environment.Version.ToString(), version, StringComparison.Ordinal);
        Assert.Contains(typeof(Llamalith.Generator.LlamaGenerator).Module.ModuleVersionId.ToString(), version, StringComparison.Ordinal);
        Assert.Contains(typeof(ILlamaModel).Module.ModuleVersionId.ToString(), version, StringComparison.Ordinal);
    }

    [Fact]
    public void Engine_IsCompiledForThisMachineAlone()
    {
        string path = TinyModels.WriteGguf(_folder["m.gguf"]);
        using Checkpoint checkpoint = Checkpoint.Open(path);
        ModelClass model = RunningModel.EngineClass(checkpoint, null, default);
        IReadOnlyList<GeneratedSource> files = EngineCompiler.Generate(model, TestContext.Current.CancellationToken);

        // Kernels are in files such as Avx512.Attention.g.cs.
        string[] names = [.. files.Select(file => file.Path.Split('/')[^1].Split('.')[0])];
        Assert.Equal([MachineIsa.Best.ToString()], names.Intersect(Enum.GetNames<Isa>()));
    }

    /// <summary>
    /// Each product of integers is there in one instruction set, not in those as well that the machine would never take; that of one token
    /// may be there in each that the machine has, to choose among.
    /// </summary>
    [Fact]
    public void Engine_HasNoKernelTwice()
    {
        ModelClass model = new()
        {
            Namespace = "",
            Name = "Model",
            Shape = TinyModels.Shape with { Dim = 256, FfnDim = 256, HeadDim = 64 },
            Weights = WeightFormat.Q4_K | WeightFormat.Q6_K,
            Isa = MachineIsa.Best,
        };
        string[] Kernels(ModelClass some) =>
            [.. EngineCompiler.Generate(some, TestContext.Current.CancellationToken).Select(file => file.Path.Split('/')[^1])
                .Where(name => name.Contains(".Mat", StringComparison.Ordinal))];
        string[] products = [.. Kernels(model).Select(name => name[(name.IndexOf('.') + 1)..])];
        Assert.Equal(3 * 2, products.Distinct().Count());
        Assert.All(
            products.Where(name => !name.StartsWith("MatVec", StringComparison.Ordinal)).CountBy(name => name),
            product => Assert.Equal(1, product.Value));
        Assert.InRange(Kernels(model with { Isa = Isa.All }).Length, 3 * 2 * 4, int.MaxValue);
    }

    private EngineBuilder Builder(string version = "1") => new(_cache, () => version, _notices.Add);

    private static float[] FirstLogits(EngineBuilder builder, string path)
    {
        Checkpoint checkpoint = Checkpoint.Open(path);
        Engine engine =
            builder.Get(RunningModel.EngineClass(checkpoint, 32, KvFormat.F32), ProgressBars.None, TestContext.Current.CancellationToken);
        using ILlamaModel model = engine.Load(checkpoint, new LoadOptions { Threads = 1 });
        Assert.Equal(TinyModels.Shape.VocabSize, model.Shape.VocabSize);
        Assert.Equal(32, model.Shape.Context);
        Assert.Equal(MachineIsa.Best.ToString(), model.InstructionSet, ignoreCase: true);
        float[] logits = model.Decode(1).ToArray();
        Assert.All(logits, logit => Assert.True(float.IsFinite(logit)));
        return logits;
    }
}
