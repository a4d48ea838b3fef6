using System.Collections.Generic;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Planning;

/// <summary>
/// One kernel of one instruction set, or a few that are written together: all that its text depends on but the model's sizes. Its emitter
/// reads it and chooses nothing.
/// </summary>
/// <param name="Isa">
/// The vectors it is written in: the target's, or narrower ones of its family where those divide what it works on.
/// </param>
internal abstract record KernelPlan(Dialect Isa);

/// <summary>A matrix of floats times a vector.</summary>
internal sealed record FloatMatVecPlan(Dialect Isa, ProductPlan Product, FloatBlock Format, MatVecTile Tile) : KernelPlan(Isa)
{
    /// <summary>Columns left over by whole turns of the loop.</summary>
    public int Tail => Product.ColumnCount % Tile.Chains;

    /// <summary>Whether the tile is as high as a panel.</summary>
    public bool IsWholePanel => Tile.RowVectors * Isa.Lanes == ModelPlan.PanelRows;
}

/// <summary>A register tile of some tokens, for all matrices of floats with so many columns.</summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Product">One of the products with so many columns.</param>
/// <param name="Format">The weights' format.</param>
/// <param name="Class">The order of its sums.</param>
/// <param name="RowVectors">Vectors of rows that are accumulated at once.</param>
/// <param name="Tokens">Tokens that are accumulated at once.</param>
/// <param name="Chains">Columns a loop turn, each with accumulators of its own.</param>
internal sealed record FloatTilePlan(
    Dialect Isa, ProductPlan Product, FloatBlock Format, RowClass Class, int RowVectors, int Tokens, int Chains) : KernelPlan(Isa)
{
    public string Columns => Product.Columns;

    public string Name => $"{FloatMatMulPlan.Kind(Class)}{Columns}{Format.Name}Tile{Tokens}";

    /// <summary>Rows of the tile.</summary>
    public int Rows => RowVectors * Isa.Lanes;

    /// <summary>Columns left over by whole turns of the loop.</summary>
    public int Tail => Product.ColumnCount % Chains;

    public int Accumulators => RowVectors * Tokens * Chains;
}

/// <summary>A matrix of floats times many token rows, or a few in decode's order; the largest tile first.</summary>
internal sealed record FloatMatMulPlan(
    Dialect Isa, ProductPlan Product, FloatBlock Format, RowClass Class, IReadOnlyList<FloatTilePlan> Tiles) : KernelPlan(Isa)
{
    public string Name => Kind(Class) + Product.Name + Format.Name;

    /// <summary>Sums that a token has of each row of a panel.</summary>
    public int Chains => Tiles[0].Chains;

    /// <summary>What the names of such kernels begin with.</summary>
    public static string Kind(RowClass rows) => rows == RowClass.Decode ? "MatRows" : "MatMul";
}

/// <summary>A matrix of integers times a vector.</summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Product">The product.</param>
/// <param name="Chunk">How 32 columns are multiplied.</param>
/// <param name="VectorsTogether">
/// Vectors of rows that are multiplied in turn, so that one's sum need not wait for another's; 0 for a row a turn, where a vector is one
/// number.
/// </param>
internal sealed record IntegerMatVecPlan(Dialect Isa, ProductPlan Product, IntegerChunkPlan Chunk, int VectorsTogether)
    : KernelPlan(Isa)
{
    public IntegerBlock Format => Chunk.Format;

    /// <summary>The lines of a block.</summary>
    public BlockLines Lines => new(Format);
}

/// <summary>How the lines of a panel's block are asked for ahead, while it is streamed once.</summary>
internal readonly record struct BlockLines(IntegerBlock Format)
{
    /// <summary>Lines of a block.</summary>
    public int All => Format.PanelBytes / ReadAheadPlan.CacheLine;

    /// <summary>Chunks in a block.</summary>
    public int Chunks => Format.Columns / IntegerBlock.Chunk;

    /// <summary>Lines asked for with each chunk of a block.</summary>
    public int WithChunk => All / Chunks;

    /// <summary>Lines asked for at a block's beginning: those of a header at once would be more than can be under way.</summary>
    public int AtBeginning => All % Chunks;
}

/// <summary>A token's chunk times a vector of rows, which the tiles of a format inline.</summary>
internal sealed record IntegerChunkKernelPlan(Dialect Isa, IntegerChunkPlan Chunk) : KernelPlan(Isa);

/// <summary>What unpacks a panel of integers with so many columns.</summary>
internal sealed record IntegerUnpackPlan(Dialect Isa, string Columns, IntegerChunkPlan Chunk) : KernelPlan(Isa)
{
    public string Name => $"Unpack{Columns}{Chunk.Format.Name}";
}

/// <summary>
/// A tile of some tokens, for all matrices of integers with so many columns. The codes of a chunk stay in eight registers; a token's sum is
/// touched once a chunk, so that it may as well lie in the first-level cache.
/// </summary>
internal sealed record IntegerTilePlan(Dialect Isa, string Columns, IntegerChunkPlan Chunk, int Tokens) : KernelPlan(Isa)
{
    public string Name => $"Tile{Columns}{Chunk.Format.Name}x{Tokens}";
}

/// <summary>A matrix of integers times many token rows, the largest tile first.</summary>
internal sealed record IntegerMatMulPlan(Dialect Isa, ProductPlan Product, IntegerUnpackPlan Unpack, IReadOnlyList<IntegerTilePlan> Tiles)
    : KernelPlan(Isa)
{
    public IntegerChunkPlan Chunk => Unpack.Chunk;

    public IntegerBlock Format => Chunk.Format;
}

/// <summary>
/// A panel times a few rows of activations, for all matrices of integers with so many columns. The panel is streamed once; the codes of a
/// chunk stay in eight registers while each row passes over them. A row's sum is touched once a chunk, as in a tile of many tokens.
/// </summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Columns">The constant that holds the number of columns.</param>
/// <param name="Chunk">How 32 columns are multiplied.</param>
/// <param name="MaxRows">Most rows at once.</param>
internal sealed record IntegerRowsPlan(Dialect Isa, string Columns, IntegerChunkPlan Chunk, int MaxRows) : KernelPlan(Isa)
{
    public string Name => $"Rows{Columns}{Chunk.Format.Name}";

    /// <summary>The lines of a block.</summary>
    public BlockLines Lines => new(Chunk.Format);
}

/// <summary>A matrix of integers times a few rows of activations, in decode's order.</summary>
internal sealed record IntegerMatRowsPlan(Dialect Isa, ProductPlan Product, IntegerRowsPlan Panel) : KernelPlan(Isa)
{
    public IntegerBlock Format => Panel.Chunk.Format;
}

/// <summary>Queries times the keys of a block.</summary>
internal sealed record ScoresPlan(Dialect Isa, AttentionForm Form, ScoreTile Tile, ReadAheadPlan? ReadAhead) : KernelPlan(Isa);

/// <summary>The softmax over a block.</summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Form">How queries meet the cache.</param>
/// <param name="RestoresExponent">
/// Whether weights make up for the exponent that widened values lack: if the result did, sums of small weights would be subnormal on the
/// way, which is slow.
/// </param>
/// <param name="DropsSmallest">
/// Whether 2^-126, which a masked score comes to, counts as nothing: where whole stretches are masked, sums of it would be subnormal too;
/// and of many tokens each sees what its tile sees, which must not be seen in its bits.
/// </param>
internal sealed record SoftmaxPlan(Dialect Isa, AttentionForm Form, bool RestoresExponent, bool DropsSmallest) : KernelPlan(Isa)
{
    /// <summary>Vectors of the sum's lanes: positions a loop turn; 0 for a loop over them, where a vector is one number.</summary>
    public int Vectors => Isa.Lanes == 1 ? 0 : SumOrder.Lanes / Isa.Lanes;
}

/// <summary>Weights times the values of a block.</summary>
internal sealed record MixPlan(Dialect Isa, AttentionForm Form, MixTile Tile, ReadAheadPlan? ReadAhead) : KernelPlan(Isa);

/// <summary>Attention over the whole cache from that over its blocks: factors a head a lane, then each head's elements.</summary>
/// <param name="Isa">Vectors that divide a head.</param>
/// <param name="Heads">Vectors that hold a number of each head.</param>
/// <param name="Vectors">Vectors of a head that are summed at once.</param>
internal sealed record CombinePlan(Dialect Isa, Dialect Heads, int Vectors) : KernelPlan(Isa);

/// <summary>The division by the softmax's sum.</summary>
internal sealed record NormalizePlan(Dialect Isa) : KernelPlan(Isa);

/// <summary>A block's keys and values as floats, brought together from its pages.</summary>
/// <param name="Isa">The vectors of keys, and of values without scales.</param>
/// <param name="Values">The vectors of values with scales, which divide a slice.</param>
/// <param name="Vectors">Vectors a loop turn where nothing is scaled.</param>
internal sealed record GatheringPlan(Dialect Isa, Dialect Values, int Vectors) : KernelPlan(Isa);

/// <summary>The functions of an element that other kernels inline.</summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Integers">Whether integers are multiplied or stored, for which some instruction sets need helpers.</param>
/// <param name="Reduces">Whether lanes are reduced to one.</param>
/// <param name="Activation">The gate's function.</param>
/// <param name="Caps">Whether anything is bent below a cap.</param>
internal sealed record FunctionsPlan(Dialect Isa, bool Integers, bool Reduces, Activation Activation, bool Caps) : KernelPlan(Isa);

/// <summary>Scores bent below a cap.</summary>
internal sealed record CapScoresPlan(Dialect Isa) : KernelPlan(Isa);

/// <summary>RMSNorm.</summary>
internal sealed record RmsNormPlan(Dialect Isa) : KernelPlan(Isa)
{
    /// <summary>Vectors of the sum's lanes: elements a loop turn; 0 for a loop over them, where a vector is one number.</summary>
    public int Vectors => Isa.Lanes == 1 ? 0 : SumOrder.Lanes / Isa.Lanes;
}

/// <summary>RMSNorm, added to the residual stream.</summary>
internal sealed record AddNormPlan(Dialect Isa) : KernelPlan(Isa)
{
    /// <summary>Vectors of the sum's lanes; 0 for a loop over numbers.</summary>
    public int Vectors => Isa.Lanes == 1 ? 0 : SumOrder.Lanes / Isa.Lanes;
}

/// <summary>Activations in 8 bits.</summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Columns">The constant that holds the number of columns.</param>
/// <param name="Record">What is written.</param>
/// <param name="Widening">The vectors in which 16-bit forms are made; null where no kernel reads them.</param>
internal sealed record QuantizePlan(Dialect Isa, string Columns, RecordPlan Record, Dialect? Widening) : KernelPlan(Isa);

/// <summary>The products of training with weights.</summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="Tile">The register tile.</param>
/// <param name="Strides">The row strides that a tile is written for.</param>
internal sealed record TrainingProductsPlan(Dialect Isa, TrainingTile Tile, IReadOnlyList<string> Strides) : KernelPlan(Isa);

/// <summary>The products of training that are one head wide.</summary>
internal sealed record TrainingHeadsPlan(Dialect Isa, TrainingTile Tile) : KernelPlan(Isa)
{
    /// <summary>Columns of the tile.</summary>
    public int Columns => Tile.Vectors * Isa.Lanes;
}

/// <summary>What training does to each token, each score or each column.</summary>
/// <param name="Isa">The instruction set.</param>
/// <param name="HeadWidth">Vectors that divide a head.</param>
/// <param name="ColumnVectors">Vectors of columns that are summed over tokens at once.</param>
internal sealed record TrainingPointwisePlan(Dialect Isa, Dialect HeadWidth, int ColumnVectors) : KernelPlan(Isa);

/// <summary>
/// One way to multiply matrices of a format. All of them give the same bits, so that which of those runs that a machine has is free: the
/// first, or what was measured to be the fastest.
/// </summary>
/// <param name="Format">The matrices' format.</param>
/// <param name="ManyTokens">Whether they are multiplied by many tokens.</param>
/// <param name="Number">What the dispatcher knows it by: 1 for the first.</param>
/// <param name="Isa">The instruction set of its kernels.</param>
internal sealed record KernelVariantPlan(IntegerBlock Format, bool ManyTokens, int Number, Dialect Isa);

/// <summary>The kernels of one file.</summary>
/// <param name="Name">As in MatVecF32.</param>
/// <param name="Kernels">In the order in which they are written.</param>
internal sealed record KernelFamily(string Name, IReadOnlyList<KernelPlan> Kernels);

/// <summary>The kernels of one instruction set.</summary>
internal sealed record TargetPlan(Dialect Isa, IReadOnlyList<KernelFamily> Families);
