using System;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Quantization;
using Llamalith.Tests.Readers;
using Llamalith.Tools;

namespace Llamalith.Tests.Tools;

/// <summary>
/// The mixes of tensor types beside llama.cpp's own, where its shared libraries are at hand: set LLAMALITH_PEER to the folder that holds
/// them (as bins/linux-x64 of the npm package @node-llama-cpp/linux-x64).
/// </summary>
public sealed unsafe class PeerMixTests
{
    [Fact]
    public void Mixes_AreThePeers()
    {
        string? peer = Environment.GetEnvironmentVariable("LLAMALITH_PEER");
        Assert.SkipWhen(string.IsNullOrEmpty(peer), "LLAMALITH_PEER names no folder with libllama.");
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64, "The peer is called as on x64 Linux.");
        nint library = NativeLibrary.Load(Directory.GetFiles(peer, "libllama.*").First());
        ((delegate* unmanaged<delegate* unmanaged[Cdecl]<int, byte*, void*, void>, void*, void>)NativeLibrary.GetExport(
            library, "llama_log_set"))(&Ignore, null);
        ((delegate* unmanaged<void>)NativeLibrary.GetExport(library, "llama_backend_init"))();

        ModelShape small = SmallModels.Shape with { FfnDim = 256, VocabSize = 64, HeadDim = 32, Heads = 8, KvHeads = 8, Layers = 16 };
        ModelShape[] shapes =
        [
            small,
            small with { Layers = 11, KvHeads = 2, TiedEmbeddings = true },
            small with { Layers = 4, Dim = 288, HeadDim = 36, TiedEmbeddings = true },
            small with { Layers = 80, KvHeads = 1 },
        ];
        using TempFolder folder = new();
        foreach (ModelShape shape in shapes)
        {
            RandomModel.Write(folder["in.gguf"], shape, QuantizationPreset.F32,
                new RandomModelOptions { Tokenizer = SmallModels.Tokenizer(shape.VocabSize) });
            foreach (QuantizationPreset preset in Enum.GetValues<QuantizationPreset>())
            {
                Quantize(library, folder["in.gguf"], folder["out.gguf"], TensorMix.FileType(preset));
                using GgufFile theirs = GgufFile.Open(folder["out.gguf"]);
                foreach (GgufTensor tensor in theirs.Tensors)
                {
                    TensorType ours = TensorMix.Choose(preset, shape, tensor.Name, tensor.Rows, tensor.Columns);
                    Assert.True((uint)ours == tensor.TypeId,
                        $"{preset}, {shape.Layers} layers: {tensor.Name} is of type {tensor.TypeId} there, but {ours} here.");
                }
            }
        }
    }

    private static void Quantize(nint library, string source, string destination, int fileType)
    {
        // A large structure is returned through a hidden first argument; its first two fields are the threads and the file type.
        byte* parameters = stackalloc byte[1024];
        new Span<byte>(parameters, 1024).Clear();
        ((delegate* unmanaged<byte*, byte*>)NativeLibrary.GetExport(library, "llama_model_quantize_default_params"))(parameters);
        ((int*)parameters)[0] = 1;
        ((int*)parameters)[1] = fileType;
        fixed (byte* from = Encoding.UTF8.GetBytes(source + '\0'))
        fixed (byte* to = Encoding.UTF8.GetBytes(destination + '\0'))
            Assert.Equal(
                0u, ((delegate* unmanaged<byte*, byte*, byte*, uint>)NativeLibrary.GetExport(library, "llama_model_quantize"))(from, to,
                    parameters));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Ignore(int level, byte* text, void* data)
    {
    }
}
