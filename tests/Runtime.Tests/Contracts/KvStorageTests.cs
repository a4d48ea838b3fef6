using System;
using System.IO;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>Whose keys and values a cache holds.</summary>
public class KvStorageTests
{
    private const string Model = "A.Model KvCache=F32 RopeTheta=10000 SlidingWindow=0";

    [Fact]
    public void Load_NamesBothSidesOfWhatDiffers()
    {
        byte[] saved = Save(Model, "fingerprint:1", 3);
        ModelMismatchException refusal = Assert.Throws<ModelMismatchException>(
            () => KvStorage.Load(new MemoryStream(saved), Layout("A.Model KvCache=F32 RopeTheta=500000 SlidingWindow=0")));
        Assert.Equal(
            "The saved KV cache belongs to another model: it says RopeTheta=10000, and this class is RopeTheta=500000.", refusal.Message);
        refusal = Assert.Throws<ModelMismatchException>(() => KvStorage.Load(new MemoryStream(saved), Layout("B.Model")));
        Assert.Equal($"The saved KV cache belongs to another model: it says {Model}, and this class is B.Model.", refusal.Message);
        using KvStorage same = KvStorage.Load(new MemoryStream(saved), Layout(Model));
        Assert.Equal([0, 1, 2], same.Tokens);
    }

    [Fact]
    public void Claim_RefusesPositionsOfOtherWeights()
    {
        using KvStorage loaded = KvStorage.Load(new MemoryStream(Save(Model, "fingerprint:1", 3)), Layout(Model));
        loaded.Claim("fingerprint:1");
        foreach (KvStorage cache in (KvStorage[])[loaded, loaded.Fork()])
        {
            ModelMismatchException refusal = Assert.Throws<ModelMismatchException>(() => cache.Claim("sha256:2"));
            Assert.Equal(
                "The KV cache holds 3 positions of the weights fingerprint:1, but this model has the weights sha256:2.", refusal.Message);
        }

        loaded.Truncate(0);
        loaded.Claim("sha256:2");
        loaded.Reserve(1);
        loaded.Append([1]);
        Assert.Throws<ModelMismatchException>(() => loaded.Claim("fingerprint:1"));
    }

    [Fact]
    public void Load_RefusesTokensThatTheVocabularyHasNot()
    {
        byte[] saved = Save(Model, "fingerprint:1", 3);
        int last = saved.Length - (3 * 16) - sizeof(int);
        foreach (int token in (int[])[20, -1, int.MaxValue])
        {
            BitConverter.TryWriteBytes(saved.AsSpan(last), token);
            ModelFormatException refusal =
                Assert.Throws<ModelFormatException>(() => KvStorage.Load(new MemoryStream(saved), Layout(Model)));
            Assert.Equal($"The saved KV cache holds the token {token} at position 2, and the vocabulary has 20.", refusal.Message);
        }

        BitConverter.TryWriteBytes(saved.AsSpan(last), 19);
        using KvStorage loaded = KvStorage.Load(new MemoryStream(saved), Layout(Model));
        Assert.Equal([0, 1, 19], loaded.Tokens);
    }

    private static byte[] Save(string model, string weights, int positions)
    {
        using KvStorage storage = new(Layout(model));
        storage.Claim(weights);
        storage.Reserve(positions);
        storage.Append([.. Enumerable.Range(0, positions)]);
        using MemoryStream stream = new();
        storage.Save(stream);
        return stream.ToArray();
    }

    private static KvLayout Layout(string model) => new(model, 32, 20, 32, 32, 32 * 16, new KvHeadLayout
    {
        HeadDim = 2,
        ElementBytes = 4,
        ScaleBytes = 0,
        PositionTile = 32,
        Slice = 2,
        KeyTileBytes = 32 * 8,
        ValuesOffset = 32 * 8,
        Bytes = 32 * 16,
    });
}
