using System.Collections.Generic;
using CsCheck;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>What a saved cache is made of, against a plain description of where each position's bytes lie.</summary>
public class KvRunsTests
{
    private const int PositionTile = 32;

    private static readonly int[] s_headDims = [2, 6, 16, 32, 64, 80];
    private static readonly (int ElementBytes, int ScaleBytes)[] s_formats = [(4, 0), (2, 0), (1, 4)];

    [Fact]
    public void Runs_AreExactlyTheBytesOfThePositions() => (
        from headDim in Gen.Int[0, 5].Select(static i => s_headDims[i])
        from format in Gen.Int[0, 2].Select(static i => s_formats[i])
        from heads in Gen.Int[1, 3]
        from tiles in Gen.Int[1, 3]
        from positions in Gen.Int[0, 200]
        select (headDim, format, heads, tiles, positions)).Sample(
            static sample =>
            {
                (int headDim, (int elementBytes, int scaleBytes), int heads, int tiles, int positions) = sample;
                KvLayout layout = Layout(headDim, elementBytes, scaleBytes, heads, tiles * PositionTile);
                HashSet<long> expected = [];
                for (int position = 0; position < positions; position++)
                {
                    for (int head = 0; head < heads; head++)
                        AddPosition(expected, layout, position, head);
                }

                HashSet<long> found = [];
                foreach (KvRun run in new KvRuns(layout, positions))
                {
                    for (int i = 0; i < run.Length; i++)
                        Assert.True(found.Add(run.Offset + i), "A byte is there twice.");
                }

                Assert.Equal(2L * positions * heads * ((headDim * elementBytes) + scaleBytes), found.Count);
                Assert.True(found.SetEquals(expected));
            },
            iter: 300);

    private static KvLayout Layout(int headDim, int elementBytes, int scaleBytes, int heads, int blockPositions)
    {
        int keyTileBytes = ((headDim * elementBytes) + scaleBytes) * PositionTile;
        int valuesOffset = (blockPositions / PositionTile * keyTileBytes) + (scaleBytes * blockPositions);
        int bytes = valuesOffset + (headDim * elementBytes * blockPositions);
        return new KvLayout("Test", 200, blockPositions, (long)bytes * heads, new KvHeadLayout
        {
            HeadDim = headDim,
            ElementBytes = elementBytes,
            ScaleBytes = scaleBytes,
            PositionTile = PositionTile,
            Slice = headDim % 32 == 0 ? 32 : headDim % 16 == 0 ? 16 : headDim,
            KeyTileBytes = keyTileBytes,
            ValuesOffset = valuesOffset,
            Bytes = bytes,
        });
    }

    private static void AddPosition(HashSet<long> bytes, KvLayout layout, int position, int head)
    {
        KvHeadLayout at = layout.Head;
        long start = (position / layout.BlockPositions * layout.BlockBytes) + (head * at.Bytes);
        int inBlock = position % layout.BlockPositions, inTile = inBlock % at.PositionTile;
        long tile = start + (inBlock / at.PositionTile * at.KeyTileBytes);
        for (int i = 0; i < at.HeadDim; i++)
        {
            Add(tile + (((i * at.PositionTile) + inTile) * at.ElementBytes), at.ElementBytes);
            Add(start + at.ValuesOffset + (((((i / at.Slice) * layout.BlockPositions) + inBlock) * at.Slice) + (i % at.Slice)) * at.ElementBytes, at.ElementBytes);
        }

        Add(tile + (at.HeadDim * at.PositionTile * at.ElementBytes) + (inTile * at.ScaleBytes), at.ScaleBytes);
        Add(start + at.ValuesOffset - ((layout.BlockPositions - inBlock) * at.ScaleBytes), at.ScaleBytes);

        void Add(long first, int count)
        {
            for (int i = 0; i < count; i++)
                bytes.Add(first + i);
        }
    }
}
