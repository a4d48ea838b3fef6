using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Safetensors;

namespace Llamalith.Tests.Models;

/// <summary>Adapters that PEFT trained, with the logits that it computes with them.</summary>
public sealed class LoraTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>A rank-stabilised adapter's GGUF says nothing of that, so it is another one there.</summary>
    [Theory]
    [InlineData("llama-all", "", "")]
    [InlineData("llama-all", "adapter.gguf", "model.gguf")]
    [InlineData("llama-all", "adapter.gguf", "")]
    [InlineData("llama-all", "adapter_model.safetensors", "model.gguf")]
    [InlineData("llama-qv", "", "")]
    [InlineData("llama-rslora", "", "model.gguf")]
    [InlineData("llama-some-layers", "", "")]
    [InlineData("llama-embed-head", "", "")]
    [InlineData("llama-embed-head", "adapter.gguf", "model.gguf")]
    [InlineData("qwen2-all", "", "model.gguf")]
    [InlineData("qwen2-all", "adapter.gguf", "")]
    [InlineData("qwen3-attention", "", "")]
    public async Task Adapter_GivesTheLogitsOfItsTrainer(string adapter, string file, string model)
    {
        string expected = SharedData.PathOrSkip($"lora/{adapter}/expected.safetensors");
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(SharedData.PathOrSkip($"lora/{adapter}/expected.json")));
        string family =
            Path.GetDirectoryName(SharedData.PathOrSkip($"family/{json.RootElement.GetProperty("model").GetString()}/config.json"))!;
        RequireRunnable(family);
        string tokens = string.Join(',', json.RootElement.GetProperty("tokens").EnumerateArray().Select(static id => id.GetInt32()));
        string lora = Path.Combine(Path.GetDirectoryName(expected)!, file), output = _folder["logits.safetensors"];
        await CommandLine.SucceedAsync(
            "logits", Path.Combine(family, model), "--tokens", tokens, "--kv", "f32", "-t", "1", "--out", output, "--lora", lora);
        float[] wanted = ReadLogits(expected), computed = ReadLogits(output);
        Assert.Equal(wanted.Length, computed.Length);
        float range = wanted.Max() - wanted.Min();
        Assert.InRange(wanted.Zip(computed, static (a, b) => Math.Abs(a - b)).Max(), 0, 2e-4f * range);
    }

    [Fact]
    public async Task Scales_AreMultipliedAndAdaptersAdded()
    {
        string lora = Path.GetDirectoryName(SharedData.PathOrSkip("lora/llama-all/adapter.gguf"))!;
        string family = Path.GetDirectoryName(SharedData.PathOrSkip("family/llama/config.json"))!;
        string once = await Checksum(family, lora);
        Assert.NotEqual(once, await Checksum(family));
        Assert.Equal(once, await Checksum(family, lora + "=1"));
        Assert.NotEqual(once, await Checksum(family, lora + "=0.5"));
        Assert.Equal(await Checksum(family), await Checksum(family, lora + "=0"));
        Assert.NotEqual(once, await Checksum(family, lora, lora + "=-0.25"));
    }

    [Fact]
    public async Task AdapterOfAnotherModel_IsRefusedWithBothShapes()
    {
        string lora = SharedData.PathOrSkip("lora/llama-all/adapter.gguf");
        string model = TinyModels.WriteGguf(_folder["tiny.gguf"]);
        Assert.Matches(
            @"adapter\.gguf: the factors of blk\.0\.\w+\.weight are for a matrix \[\d+, \d+\], but blk\.0\.\w+\.weight of .*tiny\.gguf is \[\d+, \d+\]",
            await CommandLine.FailAsync("logits", model, "--tokens", "1", "--lora", lora));
        Assert.Contains("there is no such file, and 'x' is no scale",
            await CommandLine.FailAsync("logits", model, "--tokens", "1", "--lora", lora + "=x"), StringComparison.Ordinal);
    }

    private static async Task<string> Checksum(string model, params string[] adapters)
    {
        string[] options = [.. adapters.SelectMany(static adapter => (string[])["--lora", adapter])];
        string output = await CommandLine.SucceedAsync(["logits", model, "--tokens", "1,2,3", "--kv", "f32", "-t", "1", .. options]);
        return output[output.IndexOf("sha256", StringComparison.Ordinal)..];
    }

    private static void RequireRunnable(string model)
    {
        try
        {
            Checkpoint.Open(model).Dispose();
        }
        catch (ModelFormatException e)
        {
            Assert.Skip($"The model of this adapter is not run: {e.Message}");
        }
    }

    private static unsafe float[] ReadLogits(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.True(file.TryGetTensor("logits", out SafetensorsTensor tensor));
        TensorView view = file.View(tensor);
        Assert.Equal(TensorType.F32, view.Type);
        return MemoryMarshal.Cast<byte, float>(new ReadOnlySpan<byte>(view.Data, (int)view.ByteLength)).ToArray();
    }
}
