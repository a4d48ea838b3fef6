using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Tests.Readers;
using Llamalith.Tests.Tools;
using Llamalith.Tools;

namespace Llamalith.Tests.Contracts;

/// <summary>What is done to every hyperparameter, done to each.</summary>
public sealed class ShapePropertiesTests : IDisposable
{
    private static readonly PropertyInfo[] s_declared = [.. typeof(ModelShape).GetProperties().Where(static property => property.CanWrite)];

    // Says something of everything.
    private static readonly ModelShape s_full = SmallModels.Shape with
    {
        RopeScaling = RopeScaling.Llama3,
        RopeScalingFactor = 8,
        RopeScalingLowFrequencyFactor = 1,
        RopeScalingHighFrequencyFactor = 4,
        RopeScalingOriginalContext = 8192,
        RopeScalingBetaFast = 24,
        RopeScalingBetaSlow = 2,
        RopeScalingAttentionFactor = 1.25,
        RopeScalingShortFactors = "1,1.5",
        RopeScalingLongFactors = "2,3.5",
        RotaryDim = 32,
        LayerPattern = "LG",
        RopeThetaLocal = 20000,
        AttentionSoftCap = 50,
        AttentionTemperature = 0.125,
        LogitSoftCap = 30,
        SlidingWindow = 6,
        QkvBias = true,
        NormPlacement = NormPlacement.Both,
        QkNorm = QkNorm.Head,
        Activation = Activation.GeluTanh,
        EmbeddingScale = 12,
        ResidualScale = 0.5,
        AttentionScale = 0.25,
        LogitScale = 3,
    };

    // What a scaling of another kind uses is said by a model of that.
    private static ModelShape Full(string name) =>
        ShapeProperties.Find(name)!.IsUsedBy(s_full) ? s_full
            : s_full with { RopeScaling = name.EndsWith("Factors", StringComparison.Ordinal) ? RopeScaling.LongRope : RopeScaling.Yarn };

    private readonly TempFolder _folder = new();

    public static TheoryData<string> Names => [.. ShapeProperties.All.Select(static property => property.Name)];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void All_AreThoseOfTheShape() => Assert.Equal(
        s_declared.Select(static property => property.Name).Order(StringComparer.Ordinal),
        ShapeProperties.All.Select(static property => property.Name).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void With_ChangesThatPropertyAlone(string name)
    {
        ShapeProperty property = ShapeProperties.Find(name)!;
        object other = Other(property.ValueIn(s_full)!);
        Dictionary<string, object?> before = Values(s_full), after = Values(property.With(s_full, other));
        Assert.Equal(other, after[name]);
        Assert.Equal(before.Where(pair => pair.Key != name), after.Where(pair => pair.Key != name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EnsureMatches_NamesTheProperty(string name)
    {
        ShapeProperty property = ShapeProperties.Find(name)!;
        ModelShape full = Full(name);
        object mine = property.ValueIn(full)!, theirs = Other(mine);
        using MemoryCheckpoint file = new(property.With(full, theirs), RopeLayout.Interleaved);
        ModelMismatchException error = Assert.Throws<ModelMismatchException>(() => file.EnsureMatches(full));
        Assert.Contains(FormattableString.Invariant($"{name} = {mine}, but {name} = {theirs}"), error.Message, StringComparison.Ordinal);
        using MemoryCheckpoint same = new(full, RopeLayout.Interleaved);
        same.EnsureMatches(full);
    }

    /// <summary>What few models have, a file has that does not speak of it, too: not.</summary>
    [Theory]
    [MemberData(nameof(Names))]
    public void EnsureMatches_TakesSilenceOfATraitAtItsWord(string name)
    {
        ShapeProperty property = ShapeProperties.Find(name)!;
        if (!property.IsTrait)
            return;
        ModelShape with = Full(name), without = property.With(with, null);
        using MemoryCheckpoint unusual = new(with, RopeLayout.Interleaved), usual = new(without, RopeLayout.Interleaved);
        Assert.Contains(
            name, Assert.Throws<ModelMismatchException>(() => unusual.EnsureMatches(without)).Message, StringComparison.Ordinal);
        Assert.Contains(name, Assert.Throws<ModelMismatchException>(() => usual.EnsureMatches(with)).Message, StringComparison.Ordinal);
        usual.EnsureMatches(property.With(with, property.DefaultIn(with)));
        Assert.Equal(ShapeProperties.Plain(without), ShapeProperties.Plain(property.With(with, property.DefaultIn(with))));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PackedFile_HoldsTheProperty(string name)
    {
        ModelShape shape = ShapeProperties.Find(name)!.With(s_full, Other(ShapeProperties.Find(name)!.ValueIn(s_full)!));
        GgufWriter writer = new();
        PackedShape.Write(writer, shape);
        using MemoryStream stream = new();
        writer.Write(stream);
        using GgufFile file = GgufFile.Open(_folder.Write("shape.llith", stream.ToArray()));
        Assert.Equal(shape, PackedShape.Read(file));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Llama2cExport_RefusesWhatTheFormatCannotSay(string name)
    {
        ShapeProperty property = ShapeProperties.Find(name)!;
        if (property.Llama2c is not null || !property.IsUsedBy(SmallModels.Shape))
            return;
        ModelShape shape = property.With(SmallModels.Shape, Other(property.Meant(SmallModels.Shape)!));
        using MemoryCheckpoint model = new(shape, RopeLayout.Interleaved);
        string path = _folder["never.bin"];
        ModelMismatchException error = Assert.Throws<ModelMismatchException>(() => Llama2cExport.Write(model, path));
        Assert.Contains($"the model has {name} = ", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void LayerTensors_AreBoundByTheirConditions()
    {
        ModelShape without = s_full with { QkvBias = false };
        string[] biases = [.. ModelTensors.Of(s_full).Except(ModelTensors.Of(without)).Select(static tensor => tensor.Name)];
        Assert.Equal(
            [
                "blk.0.attn_q.bias", "blk.0.attn_k.bias", "blk.0.attn_v.bias",
                "blk.1.attn_q.bias", "blk.1.attn_k.bias", "blk.1.attn_v.bias",
            ],
            biases);
        Assert.All(ModelTensors.Of(s_full), static tensor => Assert.Equal(tensor.OfLayer, ModelTensors.OfLayer(tensor.Name, out _)));
    }

    private static Dictionary<string, object?> Values(ModelShape shape) =>
        s_declared.ToDictionary(static property => property.Name, property => property.GetValue(shape));

    private static object Other(object value) => value switch
    {
        0 => 1,
        int number => number / 2,
        0.0 => 0.5,
        string text => text + "1",
        double real => real * 2,
        bool flag => !flag,
        RopeScaling => RopeScaling.Linear,
        Enum member => Enum.ToObject(member.GetType(), Convert.ToInt32(member) == 1 ? 2 : 1),
        _ => throw new InvalidOperationException($"No other value than {value} is known."),
    };
}
