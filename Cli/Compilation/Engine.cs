using System;
using System.IO;
using System.Reflection;
using System.Runtime.Loader;
using Llamalith.Contracts;

namespace Llamalith.Cli.Compilation;

/// <summary>A compiled engine in this process, which any number of models can be loaded into.</summary>
internal sealed class Engine
{
    private const string EntryNamespace = "Llamalith.Engines";
    private const string EntryClass = "Entry";
    private const string EntryMethod = "Load";

    private readonly Func<Checkpoint, LoadOptions, ILlamaModel> _load;

    private Engine(Func<Checkpoint, LoadOptions, ILlamaModel> load) => _load = load;

    /// <summary>The C# that an engine's assembly must have beside the class, so that one delegate is all there is to look up.</summary>
    public static string EntrySource(ModelClass model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return $$"""
            namespace {{EntryNamespace}};

            public static class {{EntryClass}}
            {
                public static global::Llamalith.Contracts.ILlamaModel {{EntryMethod}}(
                    global::Llamalith.Contracts.Checkpoint checkpoint, global::Llamalith.Contracts.LoadOptions options) =>
                    global::{{model.FullName}}.Load(checkpoint, options);
            }
            """;
    }

    /// <summary>Takes a compiled assembly into this process.</summary>
    /// <exception cref="BadImageFormatException">It is no assembly.</exception>
    public static Engine FromImage(byte[] image)
    {
        using MemoryStream stream = new(image);
        Assembly assembly = new AssemblyLoadContext("engine").LoadFromStream(stream);
        MethodInfo load = assembly.GetType($"{EntryNamespace}.{EntryClass}", throwOnError: true)!.GetMethod(EntryMethod)!;
        return new Engine(load.CreateDelegate<Func<Checkpoint, LoadOptions, ILlamaModel>>());
    }

    /// <summary>Binds the weights of a checkpoint, which belongs to the model from then on.</summary>
    /// <exception cref="ModelMismatchException">The checkpoint holds another model than the engine was compiled for.</exception>
    /// <exception cref="OperationCanceledException">The options' cancellation was asked for.</exception>
    public ILlamaModel Load(Checkpoint checkpoint, LoadOptions options) => _load(checkpoint, options);
}
