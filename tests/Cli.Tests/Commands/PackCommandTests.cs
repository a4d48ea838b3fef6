using System;
using System.IO;
using System.Threading.Tasks;
using Llamalith.Quantization;

namespace Llamalith.Tests.Commands;

public sealed class PackCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(QuantizationPreset.F32)]
    [InlineData(QuantizationPreset.Q8_0)]
    public async Task Pack_WritesAModelThatRunsTheSame(QuantizationPreset preset)
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"], preset);
        string packed = _folder["m.llith"];
        string output = await CommandLine.SucceedAsync("pack", gguf, "-o", packed, "--target", "avx2");
        Assert.StartsWith($"{packed}: packed for avx2 in panels-32/1, ", output, StringComparison.Ordinal);
        string[] run = ["-p", "abc", "-n", "30", "-t", "1", "--temp", "0"];
        Assert.Equal(await CommandLine.SucceedAsync(["run", gguf, .. run]), await CommandLine.SucceedAsync(["run", packed, .. run]));
    }

    [Fact]
    public async Task Pack_TakesTheTokenizerAlong()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]);
        Directory.CreateDirectory(_folder["a"]);
        string llama2c = TinyModels.WriteLlama2c(_folder["a/m.bin"], gguf);
        await CommandLine.SucceedAsync("pack", llama2c, "-o", _folder["m.llith"]);
        string[] run = ["-p", "abc", "-n", "30", "-t", "1", "--temp", "0"];
        Assert.Equal(
            await CommandLine.SucceedAsync(["run", llama2c, .. run]), await CommandLine.SucceedAsync(["run", _folder["m.llith"], .. run]));
    }

    [Fact]
    public async Task Inspect_ShowsAndVerifiesAPackedFile()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]), packed = _folder["m.llith"];
        await CommandLine.SucceedAsync("pack", gguf, "-o", packed);
        string output = await CommandLine.SucceedAsync("inspect", packed, "--verify");
        Assert.Contains("packed for ", output, StringComparison.Ordinal);
        Assert.Contains("[LlamaModel(", output, StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(packed);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(packed, bytes);
        Assert.Contains("checksum", await Refused("inspect", packed, "--verify"), StringComparison.Ordinal);
        Assert.Contains("no checksum", await Refused("inspect", gguf, "--verify"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pack_SaysWhatIsWrong()
    {
        string gguf = TinyModels.WriteGguf(_folder["m.gguf"]), packed = _folder["m.llith"];
        await CommandLine.SucceedAsync("pack", gguf, "-o", packed);
        Assert.Contains("is the source itself", await Refused("pack", gguf, "-o", gguf), StringComparison.Ordinal);
        Assert.Contains("packed already", await Refused("pack", packed, "-o", _folder["again.llith"]), StringComparison.Ordinal);
        Assert.Contains("packed for engines", await Refused("quantize", packed, _folder["q.gguf"], "q8_0"), StringComparison.Ordinal);
        Assert.Contains("avx9", await Refused("pack", gguf, "-o", packed, "--target", "avx9"), StringComparison.Ordinal);
        Assert.Contains("does not exist", await Refused("pack", _folder["none.gguf"], "-o", packed), StringComparison.Ordinal);
    }

    private static async Task<string> Refused(params string[] arguments)
    {
        (int code, _, string error) = await CommandLine.RunAsync(arguments);
        Assert.Equal(1, code);
        Assert.StartsWith("error: ", error, StringComparison.Ordinal);
        return error;
    }
}
