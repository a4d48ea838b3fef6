using System;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Llamalith.Cli.Peer;

/// <summary>
/// Makes sure that a llama.cpp passes the structs laid out as this tool declares them: its functions that return them fill an
/// oversized buffer, and every byte of what they wrote, and how much that is, must be what the known build writes. A struct of
/// another shape, passed by value, would be read as garbage without a word.
/// </summary>
internal static unsafe class LlamaCppLayout
{
    private const int Room = 1024;

    /// <summary>The defaults of the known build.</summary>
    public static LlamaModelParams ModelDefaults => new()
    {
        GpuLayers = -1,
        SplitMode = 1,
        LoadMode = -1,
        LazyMode = 1,
        UseExtraBuffers = 1,
    };

    /// <summary>The defaults of the known build.</summary>
    public static LlamaContextParams ContextDefaults => new()
    {
        Context = 512,
        Batch = 2048,
        MicroBatch = 512,
        Sequences = 1,
        OutputsPerSequence = 1,
        Threads = 4,
        BatchThreads = 4,
        RopeScalingType = -1,
        PoolingType = -1,
        AttentionType = -1,
        FlashAttention = -1,
        YarnExtrapolation = -1,
        YarnAttention = -1,
        YarnBetaFast = -1,
        YarnBetaSlow = -1,
        DefragmentThreshold = -1,
        KeyType = (int)PeerCacheFormat.F16,
        ValueType = (int)PeerCacheFormat.F16,
        OffloadCache = 1,
        NoTimings = 1,
        OffloadOperations = 1,
        FullWindowCache = 1,
    };

    // A struct of more than 16 bytes is returned through a hidden first argument in the System V convention, which the bindings
    // are confined to. So a function that returns one can be called with a buffer of any size.

    /// <summary>Verifies llama_model_default_params.</summary>
    public static void VerifyModelParams(delegate* unmanaged[Cdecl]<byte*, byte*> function, string library)
    {
        byte* first = stackalloc byte[Room], second = stackalloc byte[Room];
        function(Fill(first, 0xA5));
        function(Fill(second, 0x5A));
        Verify(first, second, ModelDefaults, "llama_model_params", library);
    }

    /// <summary>Verifies llama_context_default_params.</summary>
    public static void VerifyContextParams(delegate* unmanaged[Cdecl]<byte*, byte*> function, string library)
    {
        byte* first = stackalloc byte[Room], second = stackalloc byte[Room];
        function(Fill(first, 0xA5));
        function(Fill(second, 0x5A));
        Verify(first, second, ContextDefaults, "llama_context_params", library);
    }

    /// <summary>Verifies llama_batch through llama_batch_get_one.</summary>
    public static void VerifyBatch(delegate* unmanaged[Cdecl]<byte*, int*, int, byte*> function, string library)
    {
        byte* first = stackalloc byte[Room], second = stackalloc byte[Room];
        int token = 1;
        function(Fill(first, 0xA5), &token, 7);
        function(Fill(second, 0x5A), &token, 7);
        Verify(first, second, new LlamaBatch { Count = 7, Tokens = &token }, "llama_batch", library);
    }

    /// <summary>Compares what a function wrote into two differently filled buffers with what it should have written.</summary>
    /// <exception cref="CliException">The struct has another size, or other contents.</exception>
    internal static void Verify<T>(byte* first, byte* second, T expected, string name, string library)
        where T : unmanaged
    {
        int written = Room;
        while (written > 0 && first[written - 1] == 0xA5 && second[written - 1] == 0x5A)
            written--;

        // The last bytes of a struct may be padding, which need not be written.
        int size = (written + sizeof(nint) - 1) / sizeof(nint) * sizeof(nint);
        if (size != sizeof(T))
        {
            throw new CliException(string.Create(CultureInfo.InvariantCulture,
                $"{library} is another build of llama.cpp than the one this tool can call: its {name} has {size} bytes, but {sizeof(T)} "
                    + $"are known."));
        }

        byte* known = (byte*)&expected;
        for (int i = 0; i < written; i++)
        {
            bool untouched = first[i] == 0xA5 && second[i] == 0x5A;
            bool asKnown = first[i] == known[i] && second[i] == known[i];
            if (untouched ? !IsPadding<T>(i) : !asKnown && !IsPadding<T>(i))
            {
                throw new CliException(string.Create(CultureInfo.InvariantCulture,
                    $"{library} is another build of llama.cpp than the one this tool can call: byte {i} of its {name} is "
                        + $"{(untouched ? "unset" : first[i])}, but {known[i]} is known."));
            }
        }
    }

    private static byte* Fill(byte* buffer, byte value)
    {
        new Span<byte>(buffer, Room).Fill(value);
        return buffer;
    }

    /// <summary>Whether a byte lies between fields.</summary>
    private static bool IsPadding<T>(int offset)
        where T : unmanaged
    {
        if (typeof(T) == typeof(LlamaModelParams))
            return Between<LlamaModelParams>(nameof(LlamaModelParams.MainGpu), sizeof(int), nameof(LlamaModelParams.TensorSplit), offset);
        if (typeof(T) == typeof(LlamaContextParams))
        {
            return Between<LlamaContextParams>(
                nameof(LlamaContextParams.UnifiedCache), sizeof(byte), nameof(LlamaContextParams.Samplers), offset);
        }

        return Between<LlamaBatch>(nameof(LlamaBatch.Count), sizeof(int), nameof(LlamaBatch.Tokens), offset);
    }

    private static bool Between<T>(string before, int size, string after, int offset) =>
        offset >= (int)Marshal.OffsetOf<T>(before) + size && offset < (int)Marshal.OffsetOf<T>(after);
}
