using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.Loader;
using Llamalith.Contracts;
using Llamalith.Packer.Compilation;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Llamalith.Packer;

/// <summary>
/// The very engine that the program will have, compiled into this process, so that a prompt's keys and values are those that it would
/// compute itself.
/// </summary>
internal sealed class BakingEngine
{
    private readonly Action<Checkpoint, LoadOptions, int[], Stream> _bake;

    private BakingEngine(int context, Action<Checkpoint, LoadOptions, int[], Stream> bake)
    {
        Context = context;
        _bake = bake;
    }

    /// <summary>Most positions.</summary>
    public int Context { get; }

    /// <summary>Compiles the engine of a model; null where the generator refuses it, which the analyzer explains.</summary>
    public static BakingEngine? Compile(EmbeddedModel model, PackerOptions options) =>
        Compile(model, options.Generator, BestOf(options.Targets)) ?? Compile(model, options.Generator, options.Targets);

    // The set that this machine would choose: to compile the others would take most of the time.
    private static string BestOf(string targets)
    {
        HashSet<string> wanted = new(targets.Split(',', StringSplitOptions.RemoveEmptyEntries), StringComparer.OrdinalIgnoreCase);
        bool any = wanted.Count == 0 || wanted.Contains("all") || wanted.Contains("native");
        return MachineIsa.Vectors.Select(static isa => isa.ToString().ToLowerInvariant())
            .FirstOrDefault(name => any || wanted.Contains(name)) ?? targets;
    }

    private static BakingEngine? Compile(EmbeddedModel model, string generator, string targets)
    {
        string entry = $$"""
            public static class LlamalithEntry
            {
                public static void Bake(global::Llamalith.Contracts.Checkpoint checkpoint, global::Llamalith.Contracts.LoadOptions options, int[] tokens, global::System.IO.Stream to)
                {
                    using global::{{model.FullName}} model = global::{{model.FullName}}.Load(checkpoint, options);
                    model.Prefill(tokens);
                    model.Cache.Save(to);
                }
            }
            """;
        GeneratedCompilation engine = new(
            "Llamalith.Baking",
            [model.Source, entry],
            new AnalyzerFileReference(generator, new Loader()).GetGenerators(LanguageNames.CSharp),
            new BuildProperties(("_LlamalithTargets", targets)));
        if (engine.Sources.IsEmpty)
            return null;
        using MemoryStream image = new(engine.Emit());
        Assembly assembly = new AssemblyLoadContext("baking").LoadFromStream(image);
        int context = (int)assembly.GetType(model.FullName.Replace("@", "", StringComparison.Ordinal), throwOnError: true)!.GetField(
            "Context")!.GetRawConstantValue()!;
        return new BakingEngine(context, assembly.GetType("LlamalithEntry", throwOnError: true)!.GetMethod(
            "Bake")!.CreateDelegate<Action<Checkpoint, LoadOptions, int[], Stream>>());
    }

    /// <summary>Runs tokens through the model and writes the cache that they leave.</summary>
    /// <param name="checkpoint">The weights, which are disposed of.</param>
    /// <param name="tokens">The tokens.</param>
    /// <param name="to">Gets the cache.</param>
    public void Bake(Checkpoint checkpoint, int[] tokens, Stream to) => _bake(checkpoint, new LoadOptions(), tokens, to);

    private sealed class Loader : IAnalyzerAssemblyLoader
    {
        public void AddDependencyLocation(string fullPath)
        {
        }

        public Assembly LoadFromPath(string fullPath) => AssemblyLoadContext.Default.LoadFromAssemblyPath(fullPath);
    }
}
