using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>KvCache.g.cs: the cache of exactly this model, a typed handle on its memory.</summary>
internal static class KvCacheEmitter
{
    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        SourceWriter writer = new();
        string element = plan.Cache.ElementType;
        ModelFile.Write(writer, spec, () =>
        {
            writer.Line($"""
                /// <summary>
                /// Keys and values of one conversation with this model, in {spec.KvCache}. Copies of the struct are the same conversation.
                /// </summary>
                """);
            writer.Block($"public readonly unsafe struct KvCache : LlamalithContracts.IKvCache<KvCache>", () =>
            {
                writer.Line($$"""
                    // A block holds BlockPositions positions of every layer and KV head; within it, each head's keys lie as
                    // [tile][HeadDim][PositionTile] and its values as [slice][BlockPositions][Slice], the orders they are streamed in.
                    private static readonly LlamalithContracts.KvLayout Layout = new({{Code.Escaped(CacheIdentity.Of(plan))}}, Context, BlockPositions, BlockElements * sizeof({{element}}), new LlamalithContracts.KvHeadLayout
                    {
                        HeadDim = HeadDim,
                        ElementBytes = sizeof({{element}}),
                        ScaleBytes = {{(plan.Cache.IsScaled ? "sizeof(float)" : "0")}},
                        PositionTile = PositionTile,
                        Slice = Slice,
                        KeyTileBytes = KeyTileElements * sizeof({{element}}),
                        ValuesOffset = ValuesOffset * sizeof({{element}}),
                        Bytes = HeadBlockElements * sizeof({{element}}),
                    });

                    private readonly LlamalithContracts.KvStorage? _storage;

                    /// <summary>An empty conversation. Memory is taken as positions are filled.</summary>
                    public KvCache()
                        : this(new LlamalithContracts.KvStorage(Layout))
                    {
                    }

                    private KvCache(LlamalithContracts.KvStorage storage) => _storage = storage;

                    /// <summary>Bytes that one position takes: keys and values of every layer.</summary>
                    public static long BytesPerToken => 2L * Layers * {{(plan.Cache.IsScaled ? $"KvHeads * ((HeadDim * sizeof({element})) + sizeof(float))" : $"KvDim * sizeof({element})")}};

                    /// <summary>Number of positions filled.</summary>
                    public int Count => Storage.Count;

                    /// <summary>Most positions.</summary>
                    public int Capacity => Context;

                    internal LlamalithContracts.KvStorage Storage => _storage ?? throw new InvalidOperationException("This KvCache was not made by CreateCache, Fork or Load.");

                    /// <summary>Forgets every position from <paramref name="count"/> on.</summary>
                    public void Truncate(int count) => Storage.Truncate(count);

                    /// <summary>A second conversation that begins like this one and goes its own way.</summary>
                    public KvCache Fork() => new(Storage.Fork());

                    /// <summary>Writes a header that names the model and its weights, then the filled positions.</summary>
                    public void Save(System.IO.Stream destination) => Storage.Save(destination);

                    /// <summary>Reads what <see cref="Save"/> wrote; refuses the cache of another model. One of other weights is refused by the engine that is to use it.</summary>
                    public static KvCache Load(System.IO.Stream source) => new(LlamalithContracts.KvStorage.Load(source, Layout));

                    /// <summary>Frees the memory.</summary>
                    public void Dispose() => _storage?.Dispose();
                    """);
                if (plan.Cache.IsScaled)
                    WriteScales(writer, element);
                writer.Line();
                writer.Line("/// <summary>A head's keys in a block; its values follow ValuesOffset elements later.</summary>");
                writer.Line($"internal static {element}* Head(byte* blocks, int block, int layer, int kvHead) =>");
                writer.Line($"    ({element}*)blocks + (block * BlockElements) + (((layer * KvHeads) + kvHead) * (long)HeadBlockElements);");
            });
        }, usings: ContractsAlias);
        return writer.ToString();
    }

    private static void WriteScales(SourceWriter writer, string element)
    {
        writer.Line();
        writer.Line("/// <summary>The scale of a position's key, given the head's keys in its block: scales follow each tile.</summary>");
        writer.Line($"internal static float* KeyScale({element}* keys, int position) =>");
        writer.Line("    (float*)(keys + (position / PositionTile * KeyTileElements) + (HeadDim * PositionTile)) + (position % PositionTile);");
        writer.Line();
        writer.Line("/// <summary>The scale of a position's value, given the head's keys in its block.</summary>");
        writer.Line($"internal static float* ValueScale({element}* keys, int position) => (float*)(keys + ValueScalesOffset) + position;");
    }

    /// <summary>The one name under which emitted code knows the runtime.</summary>
    public const string ContractsAlias = "using LlamalithContracts = global::Llamalith.Contracts;";
}
