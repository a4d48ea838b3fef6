using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Llamalith.Cli;
using Llamalith.Cli.Peer;

namespace Llamalith.Tests.Peer;

public unsafe class LlamaCppLayoutTests
{
    [Fact]
    public void Structs_HaveTheSizesOfTheKnownBuild()
    {
        Assert.Equal(80, sizeof(LlamaModelParams));
        Assert.Equal(160, sizeof(LlamaContextParams));
        Assert.Equal(56, sizeof(LlamaBatch));
        Assert.Equal(104, (int)Marshal.OffsetOf<LlamaContextParams>(nameof(LlamaContextParams.KeyType)));
        Assert.Equal(136, (int)Marshal.OffsetOf<LlamaContextParams>(nameof(LlamaContextParams.Samplers)));
    }

    [Fact]
    public void Verify_AcceptsTheKnownBuild()
    {
        LlamaCppLayout.VerifyModelParams(&KnownModel, "library");
        LlamaCppLayout.VerifyContextParams(&KnownContext, "library");
        LlamaCppLayout.VerifyBatch(&KnownBatch, "library");
    }

    [Fact]
    public void Verify_RefusesALongerStruct()
    {
        CliException error = Assert.Throws<CliException>(() => LlamaCppLayout.VerifyModelParams(&LongerModel, "library"));
        Assert.Contains("llama_model_params has 88 bytes, but 80 are known", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_RefusesAShorterStruct()
    {
        CliException error = Assert.Throws<CliException>(() => LlamaCppLayout.VerifyContextParams(&ShorterContext, "library"));
        Assert.Contains("llama_context_params has 152 bytes, but 160 are known", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_RefusesOtherDefaults()
    {
        CliException error = Assert.Throws<CliException>(() => LlamaCppLayout.VerifyContextParams(&ReorderedContext, "library"));
        Assert.Contains("byte 20 of its llama_context_params is 1, but 0 is known", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_RefusesFieldsThatAreNotSet()
    {
        CliException error = Assert.Throws<CliException>(() => LlamaCppLayout.VerifyContextParams(&ContextWithAGap, "library"));
        Assert.Contains("byte 88 of its llama_context_params is unset", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verify_RefusesABatchOfAnotherOrder() =>
        Assert.Throws<CliException>(() => LlamaCppLayout.VerifyBatch(&ReorderedBatch, "library"));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* KnownModel(byte* result)
    {
        *(LlamaModelParams*)result = LlamaCppLayout.ModelDefaults;
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* LongerModel(byte* result)
    {
        *(LlamaModelParams*)result = LlamaCppLayout.ModelDefaults;
        result[sizeof(LlamaModelParams)] = 0;
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* KnownContext(byte* result)
    {
        // Compilers may leave padding as it was.
        LlamaContextParams known = LlamaCppLayout.ContextDefaults;
        new ReadOnlySpan<byte>(&known, 134).CopyTo(new Span<byte>(result, 134));
        new ReadOnlySpan<byte>((byte*)&known + 136, 24).CopyTo(new Span<byte>(result + 136, 24));
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* ShorterContext(byte* result)
    {
        LlamaContextParams known = LlamaCppLayout.ContextDefaults;
        new ReadOnlySpan<byte>(&known, 152).CopyTo(new Span<byte>(result, 152));
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* ReorderedContext(byte* result)
    {
        LlamaContextParams other = LlamaCppLayout.ContextDefaults;
        (other.Outputs, other.OutputsPerSequence) = (other.OutputsPerSequence, other.Outputs);
        *(LlamaContextParams*)result = other;
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* ContextWithAGap(byte* result)
    {
        LlamaContextParams known = LlamaCppLayout.ContextDefaults;
        new ReadOnlySpan<byte>(&known, 88).CopyTo(new Span<byte>(result, 88));
        new ReadOnlySpan<byte>((byte*)&known + 96, 64).CopyTo(new Span<byte>(result + 96, 64));
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* KnownBatch(byte* result, int* tokens, int count)
    {
        *(LlamaBatch*)result = new LlamaBatch { Count = count, Tokens = tokens };
        return result;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte* ReorderedBatch(byte* result, int* tokens, int count)
    {
        *(LlamaBatch*)result = new LlamaBatch { Count = count, Positions = tokens };
        return result;
    }
}
