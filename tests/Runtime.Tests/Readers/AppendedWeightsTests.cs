using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tests.Tools;
using Llamalith.Tools;

namespace Llamalith.Tests.Readers;

/// <summary>Weights at the end of an executable, and the names and digests by which they are told apart.</summary>
public sealed class AppendedWeightsTests : IDisposable
{
    private const int TrailerBytes = 24, RowBytes = 48;

    private readonly TempFolder _folder = new();
    private readonly byte[] _code;

    public AppendedWeightsTests()
    {
        _code = new byte[5000];
        new Random(1).NextBytes(_code);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Append_PutsEachFileOnAPageAndSaysWhichItIs()
    {
        string executable = _folder.Write("program", _code);
        string[] packed = [Packed(1), Packed(2)];
        AppendedWeights.Append(executable, packed);
        AssertHolds(executable, packed);

        // Others take the place of those that are there, and the same ones change nothing.
        byte[] both = File.ReadAllBytes(executable);
        AppendedWeights.Append(executable, packed);
        Assert.Equal(both, File.ReadAllBytes(executable));
        AppendedWeights.Append(executable, packed[1..]);
        AssertHolds(executable, packed[1..]);
    }

    [Fact]
    public void Find_IsEmptyWhereNothingIsAppended()
    {
        Assert.Empty(AppendedWeights.Find(_folder.Write("program", _code)));
        Assert.Empty(AppendedWeights.Find(_folder.Write("short", _code.AsSpan(0, TrailerBytes))));
        Assert.Empty(AppendedWeights.Find(_folder.Write("empty", [])));
    }

    /// <summary>What stands at the end is checked before it is believed; a message says which file, where and how much.</summary>
    [Fact]
    public void Find_RefusesATableThatMakesNoSense()
    {
        string executable = _folder.Write("program", _code);
        AppendedWeights.Append(executable, [Packed(1)]);
        byte[] sound = File.ReadAllBytes(executable);
        long table = sound.Length - TrailerBytes - RowBytes;
        int start = (int)table + 32, length = start + 8, place = (int)table + RowBytes, count = place + 8;
        Refuses(place, 0, $"a table of 1 would begin at byte 0 of {sound.Length}");
        Refuses(place, -1, "a table of 1 would begin at byte -1");
        Refuses(count, 2, $"a table of 2 would begin at byte {table} of {sound.Length}");
        Refuses(count, 0, "a table of 0 would");
        Refuses(count, long.MaxValue, $"a table of {long.MaxValue} would");
        Refuses(start, 4097, "some would lie at byte 4097");
        Refuses(start, -4096, "some would lie at byte -4096");
        Refuses(start, long.MaxValue / 4096 * 4096, $"of {table} bytes");
        Refuses(length, 0, "take 0 of");
        Refuses(length, long.MaxValue, $"take {long.MaxValue} of {table} bytes");

        void Refuses(int at, long value, string complaint)
        {
            byte[] damaged = [.. sound];
            BitConverter.TryWriteBytes(damaged.AsSpan(at), value);
            string path = _folder.Write("damaged", damaged);
            string message = Assert.Throws<ModelFormatException>(() => AppendedWeights.Find(path)).Message;
            Assert.StartsWith($"{path} ends like an executable with weights, but ", message, StringComparison.Ordinal);
            Assert.Contains(complaint, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Reference_IsReadWhereItIsOneAndLeavesTheStream()
    {
        string digest = string.Concat(Enumerable.Range(0, 32).Select(static i => $"{i * 7:x2}"));
        byte[] bytes = new WeightsReference(digest).ToBytes();
        using MemoryStream stream = new([1, .. bytes]) { Position = 1 };
        Assert.Equal(digest, WeightsReference.Read(stream)?.Digest);
        Assert.Equal(1, stream.Position);
        Assert.Null(WeightsReference.Read(new MemoryStream(bytes[..^1])));
        Assert.Null(WeightsReference.Read(new MemoryStream([.. bytes, 0])));
        Assert.Null(WeightsReference.Read(new MemoryStream(File.ReadAllBytes(Packed(1)))));
    }

    /// <summary>No two names of a project come to be one file, and none leaves the folder that it is for.</summary>
    [Fact]
    public void Names_StayApart()
    {
        string[] names = ["m.gguf", "a/m.gguf", "b/m.gguf", "a_m.gguf", "../m.gguf", "../a/m.gguf", "../../m.gguf", "m.bin", "m",
            "a/b/m.gguf", "a.b/m.gguf"];
        HashSet<string> files = [.. names.Select(EmbeddedCheckpoint.FileOf)];
        Assert.Equal(names.Length, files.Count);
        Assert.All(files, static file => Assert.DoesNotContain("..", file.Split('/')));
        Assert.Equal(EmbeddedCheckpoint.FileOf("a/m.gguf"), EmbeddedCheckpoint.FileOf(@".\a\m.gguf"));
    }

    private void AssertHolds(string executable, string[] packed)
    {
        byte[] all = File.ReadAllBytes(executable);
        Assert.True(all.AsSpan().StartsWith(_code));
        IReadOnlyList<AppendedWeights> found = AppendedWeights.Find(executable);
        Assert.Equal(packed.Length, found.Count);
        foreach ((string path, AppendedWeights place) in packed.Zip(found))
        {
            using PackedCheckpoint checkpoint = PackedCheckpoint.Open(path);
            Assert.Equal(Convert.ToHexStringLower(checkpoint.Digest), place.Digest);
            Assert.Equal(0, place.Offset % 4096);
            Assert.True(all.AsSpan((int)place.Offset, (int)place.Length).SequenceEqual(File.ReadAllBytes(path)));
        }
    }

    private string Packed(int seed)
    {
        string path = _folder[$"{seed}.llith"];
        if (File.Exists(path))
            return path;
        RandomModel.Write(
            _folder[$"{seed}.gguf"], SmallModels.Shape, QuantizationPreset.F32, new RandomModelOptions { Seed = seed, Threads = 1 });
        using Checkpoint source = Checkpoint.Open(_folder[$"{seed}.gguf"]);
        ModelPacker.Pack(source, path, new PackOptions { Target = "any", Threads = 1 });
        return path;
    }
}
