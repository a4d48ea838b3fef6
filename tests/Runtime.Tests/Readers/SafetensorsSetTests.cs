using System;
using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Safetensors;

namespace Llamalith.Tests.Readers;

public sealed unsafe class SafetensorsSetTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_TakesAFile()
    {
        using SafetensorsSet set = SafetensorsSet.Open(Shard("any.safetensors", "a", 1));
        Assert.Equal(["a"], set.Names);
        Assert.True(set.TryView("a", out TensorView view));
        Assert.Equal(1, *view.Data);
        Assert.False(set.TryView("b", out _));
        Assert.False(set.TryGetTensor("b", out _));
    }

    [Fact]
    public void Open_TakesAFolderWithOneFile()
    {
        Shard("model.safetensors", "a", 1);
        Index("not even JSON: the single file goes first");
        using SafetensorsSet set = SafetensorsSet.Open(_folder.Path);
        Assert.Equal(["a"], set.Names);
    }

    [Fact]
    public void Open_TakesAFolderWithShards()
    {
        Shard("one.safetensors", "a", 1, "b", 2);
        Shard("two.safetensors", "c", 3);
        Index("""{"metadata":{"total_size":6},"weight_map":{"a":"one.safetensors","b":"one.safetensors","c":"two.safetensors"}}""");
        using SafetensorsSet set = SafetensorsSet.Open(_folder.Path);
        Assert.Equal(["a", "b", "c"], set.Names.Order());
        Assert.Equal(2, set.Files.Count);
        foreach ((string name, int first) in new[] { ("a", 1), ("b", 2), ("c", 3) })
        {
            Assert.True(set.TryView(name, out TensorView view));
            Assert.Equal(first, *view.Data);
        }
    }

    [Fact]
    public void Open_ShowsOnlyWhatTheIndexNames()
    {
        Shard("one.safetensors", "a", 1, "b", 2);
        Shard("two.safetensors", "b", 3);
        Index("""{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        using SafetensorsSet set = SafetensorsSet.Open(_folder.Path);
        Assert.True(set.TryView("b", out TensorView view));
        Assert.Equal(3, *view.Data);
    }

    [Fact]
    public void Dispose_UnmapsEveryShard()
    {
        string one = Shard("one.safetensors", "a", 1);
        string two = Shard("two.safetensors", "b", 2);
        Index("""{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        SafetensorsSet set = SafetensorsSet.Open(_folder.Path);
        set.Dispose();
        Assert.Throws<ObjectDisposedException>(() => set.TryView("a", out _));
        using FileStream first = new(one, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        using FileStream second = new(two, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    [Fact]
    public void Refuses_AFolderWithNeither() => Refuses("neither model.safetensors nor model.safetensors.index.json");

    [Theory]
    [InlineData("", "empty")]
    [InlineData("{", "not valid JSON")]
    [InlineData("[]", "no object")]
    [InlineData("{}", "weight_map")]
    [InlineData("{\"weight_map\":[]}", "weight_map")]
    [InlineData("{\"weight_map\":{\"a\":1}}", "a string was expected")]
    [InlineData("{\"weight_map\":{\"a\":\"\\ud800\"}}", "Unicode")]
    [InlineData("{\"weight_map\":{\"\\ud800\":\"a\"}}", "Unicode")]
    [InlineData("{\"weight_map\":{\"a\":\"one.safetensors\",\"a\":\"one.safetensors\"}}", "not valid JSON")]
    [InlineData("{\"weight_map\":{\"a\":\"one.safetensors\",\"\\u0061\":\"one.safetensors\"}}", "not valid JSON")]
    [InlineData("{\"weight_map\":{\"b\":\"one.safetensors\"}}", "says that b is in one.safetensors, but it is not")]
    public void Refuses_AnIndexThatIsNone(string index, string words)
    {
        Shard("one.safetensors", "a", 1);
        Index(index);
        Refuses(words);
    }

    [Fact]
    public void Refuses_AnIndexThatIsNoUtf8()
    {
        _folder.Write(SafetensorsSet.IndexName, [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}']);
        Refuses("not UTF-8");
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../one.safetensors")]
    [InlineData("sub/one.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\\\one.safetensors")]
    [InlineData("C:one.safetensors")]
    [InlineData("one\\u0000")]
    public void Refuses_ShardsOutsideTheFolder(string shard)
    {
        Index("{\"weight_map\":{\"a\":\"" + shard + "\"}}");
        Refuses("no plain file name");
    }

    [Fact]
    public void Open_NamesAMissingShard()
    {
        Index("""{"weight_map":{"a":"absent.safetensors"}}""");
        Assert.Contains("absent.safetensors", Assert.Throws<FileNotFoundException>(() => SafetensorsSet.Open(_folder.Path)).Message);
    }

    [Fact]
    public void Open_ClosesTheOthersWhenAShardIsBad()
    {
        string one = Shard("one.safetensors", "a", 1);
        _folder.Write("two.safetensors", new byte[100]);
        Index("""{"weight_map":{"a":"one.safetensors","b":"two.safetensors"}}""");
        Refuses("two.safetensors");
        using FileStream alone = new(one, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
    }

    private void Refuses(string words) =>
        Assert.Contains(words, Assert.Throws<ModelFormatException>(() => SafetensorsSet.Open(_folder.Path)).Message);

    private void Index(string text) => File.WriteAllText(_folder[SafetensorsSet.IndexName], text);

    private string Shard(string file, params object[] tensors)
    {
        string header = string.Join(',', Enumerable.Range(0, tensors.Length / 2).Select(
            i => "\"" + tensors[2 * i] + "\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[" + (2 * i) + "," + ((2 * i) + 2) + "]}"));
        byte[] data = [.. Enumerable.Range(0, tensors.Length / 2).SelectMany(i => new byte[] { (byte)(int)tensors[(2 * i) + 1], 0 })];
        return _folder.Write(file, SafetensorsDraft.Build("{" + header + "}", data));
    }
}
