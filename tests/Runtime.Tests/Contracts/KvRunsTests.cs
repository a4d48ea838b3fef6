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
        from pages in Gen.Int[1, 3]
        from positions in Gen.Int[0, 200]
        select (headDim, format, heads, tiles, pages, positions)).Sample(
            static sample =>
            {
                (int headDim, (int elementBytes, int scaleBytes), int heads, int tiles, int pages, int positions) = sample;
                KvLayout layout = Layout(headDim, elementBytes, scaleBytes, heads, tiles * PositionTile, pages);
                HashSet<long> expected = [];
                for (int position = 0; position < positions; position++)
                {
                    for (int head = 0; head < heads; head++)
                        AddPosition(expected, layout, position, head);
                }

                HashSet<long> found = [];
                foreach (KvRun run in new KvRuns(layout, positions))
                {
                    Assert.InRange(run.Offset, 0, layout.PageBytes - run.Length);
                    for (int i = 0; i < run.Length; i++)
                        Assert.True(found.Add((run.Page * layout.PageBytes) + run.Offset + i), "A byte is there twice.");
                }

                Assert.Equal(2L * positions * heads * ((headDim * elementBytes) + scaleBytes), found.Count);
                Assert.True(found.SetEquals(expected));
            },
            iter: 300);

    /// <summary>A saved cache is the same bytes whatever pages it lay in: keys and values of a block lie together.</summary>
    [Fact]
    public void Order_DoesNotDependOnPages()
    {
        foreach ((int elementBytes, int scaleBytes) in s_formats)
        {
            KvLayout whole = Layout(32, elementBytes, scaleBytes, 2, 4 * PositionTile, 1),
                paged = Layout(32, elementBytes, scaleBytes, 2, PositionTile, 4);
            foreach (int positions in (int[])[1, 31, 32, 33, 100, 128, 129, 200])
                Assert.Equal(Places(whole, positions), Places(paged, positions));
        }
    }

    // What each byte belongs to, in the order of the runs.
    private static List<(int Position, int Head, int Part)> Places(KvLayout layout, int positions)
    {
        Dictionary<long, (int Position, int Head, int Part)> owners = [];
        for (int position = 0; position < positions; position++)
        {
            for (int head = 0; head < 2; head++)
            {
                List<long> bytes = [];
                AddPosition(bytes, layout, position, head);
                for (int i = 0; i < bytes.Count; i++)
                    owners.Add(bytes[i], (position, head, i));
            }
        }

        List<(int Position, int Head, int Part)> places = [];
        foreach (KvRun run in new KvRuns(layout, positions))
        {
            for (int i = 0; i < run.Length; i++)
                places.Add(owners[(run.Page * layout.PageBytes) + run.Offset + i]);
        }

        return places;
    }

    private static KvLayout Layout(int headDim, int elementBytes, int scaleBytes, int heads, int pagePositions, int pages)
    {
        int keyTileBytes = ((headDim * elementBytes) + scaleBytes) * PositionTile;
        int valuesOffset = (pagePositions / PositionTile * keyTileBytes) + (scaleBytes * pagePositions);
        int bytes = valuesOffset + (headDim * elementBytes * pagePositions);
        return new KvLayout("Test", 200, 1, pages * pagePositions, pagePositions, (long)bytes * heads, new KvHeadLayout
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

    private static void AddPosition(ICollection<long> bytes, KvLayout layout, int position, int head)
    {
        KvHeadLayout at = layout.Head;
        long start = (position / layout.PagePositions * layout.PageBytes) + (head * at.Bytes);
        int inPage = position % layout.PagePositions, inTile = inPage % at.PositionTile;
        long tile = start + (inPage / at.PositionTile * at.KeyTileBytes);
        for (int i = 0; i < at.HeadDim; i++)
        {
            Add(tile + (((i * at.PositionTile) + inTile) * at.ElementBytes), at.ElementBytes);
            Add(start + at.ValuesOffset
                + (((((i / at.Slice) * layout.PagePositions) + inPage) * at.Slice) + (i % at.Slice)) * at.ElementBytes, at.ElementBytes);
        }

        Add(tile + (at.HeadDim * at.PositionTile * at.ElementBytes) + (inTile * at.ScaleBytes), at.ScaleBytes);
        Add(start + at.ValuesOffset - ((layout.PagePositions - inPage) * at.ScaleBytes), at.ScaleBytes);

        void Add(long first, int count)
        {
            for (int i = 0; i < count; i++)
                bytes.Add(first + i);
        }
    }
}
