using System.Runtime.InteropServices;

namespace Llamalith.Cli.Peer;

// The structs that llama.cpp's C API passes by value, as they are laid out in the one build that PeerPackage names.
// LlamaCppLayout verifies that before any is used. C's bool is a byte here, so that all of them are blittable.

/// <summary>llama_model_params: how a model is loaded.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LlamaModelParams
{
    public nint Devices;
    public nint TensorBufferOverrides;
    public int GpuLayers;
    public int SplitMode;
    public int LoadMode;
    public int LazyMode;
    public int MainGpu;
    public nint TensorSplit;
    public nint ProgressCallback;
    public nint ProgressUserData;
    public nint MetadataOverrides;
    public byte VocabularyOnly;
    public byte CheckTensors;
    public byte UseExtraBuffers;
    public byte NoHost;
    public byte NoAllocation;
    public byte LoadPredictionLayers;
}

/// <summary>llama_context_params: how a context, so a KV cache and its scratch, is made.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LlamaContextParams
{
    public uint Context;
    public uint Batch;
    public uint MicroBatch;
    public uint Sequences;
    public uint RecurrentSnapshots;
    public uint Outputs;
    public uint OutputsPerSequence;
    public int Threads;
    public int BatchThreads;
    public int ContextType;
    public int RopeScalingType;
    public int PoolingType;
    public int AttentionType;
    public int FlashAttention;
    public float RopeFrequencyBase;
    public float RopeFrequencyScale;
    public float YarnExtrapolation;
    public float YarnAttention;
    public float YarnBetaFast;
    public float YarnBetaSlow;
    public uint YarnOriginalContext;
    public float DefragmentThreshold;
    public nint EvalCallback;
    public nint EvalUserData;
    public int KeyType;
    public int ValueType;
    public nint AbortCallback;
    public nint AbortUserData;
    public byte Embeddings;
    public byte OffloadCache;
    public byte NoTimings;
    public byte OffloadOperations;
    public byte FullWindowCache;
    public byte UnifiedCache;
    public nint Samplers;
    public nuint SamplerCount;
    public nint OtherContext;
}

/// <summary>
/// llama_batch: tokens to run. Where all but the first two are null, positions continue the cache, the sequence is 0, and only
/// the last token's logits are computed.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LlamaBatch
{
    public int Count;
    public int* Tokens;
    public float* Embeddings;
    public int* Positions;
    public int* SequenceCounts;
    public int** SequenceIds;
    public sbyte* Outputs;
}
