using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>KvCache.g.cs: the cache of exactly this model, a typed handle on its memory.</summary>
internal static class KvCacheEmitter
{
    private const string Storage = ModelFile.Contracts + ".KvStorage";

    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        string layout = $"global::{spec.EngineNamespace}.Engine.Layout";
        return ModelFile.Write(spec, "", writer =>
        {
            writer.Line($"/// <summary>Keys and values of one conversation with this model, in {spec.KvCache}. "
                + "Copies of the struct are the same conversation.</summary>");
            writer.Line(FileOpening.GeneratedCode);
            writer.Block($"public readonly struct KvCache : {ModelFile.Contracts}.IKvCache<KvCache>", () => writer.Line($$"""
                private readonly {{Storage}}? _storage;

                /// <summary>An empty conversation. Memory is taken as positions are filled.</summary>
                public KvCache()
                    : this(new {{Storage}}({{layout}}))
                {
                }

                internal KvCache({{Storage}} storage) => _storage = storage;

                /// <summary>Bytes that one position takes: keys and values of every layer.</summary>
                public static long BytesPerToken => {{layout}}.BytesPerToken;

                /// <summary>Number of positions filled.</summary>
                public int Count => Storage.Count;

                /// <summary>The tokens that fill them; valid until the next call.</summary>
                public global::System.ReadOnlySpan<int> Tokens => Storage.Tokens;

                /// <summary>Most positions.</summary>
                public int Capacity => Context;

                internal {{Storage}} Storage => _storage
                    ?? throw new global::System.InvalidOperationException("This KvCache was not made by CreateCache, Fork or Load.");

                /// <summary>Forgets every position from <paramref name="count"/> on.</summary>
                public void Truncate(int count) => Storage.Truncate(count);

                /// <summary>A second conversation that begins like this one and goes its own way.</summary>
                public KvCache Fork() => new(Storage.Fork());

                /// <summary>Writes a header that names the model and its weights, then the tokens, and the filled positions.</summary>
                public void Save(global::System.IO.Stream destination) => Storage.Save(destination);

                /// <summary>
                /// Reads what <see cref="Save"/> wrote; refuses the cache of another model. One of other weights is refused by the engine
                /// that is to use it.
                /// </summary>
                public static KvCache Load(global::System.IO.Stream source) => new({{Storage}}.Load(source, {{layout}}));

                /// <summary>Frees the memory.</summary>
                public void Dispose() => _storage?.Dispose();
                """));
        });
    }
}
