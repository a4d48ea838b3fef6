using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Llamalith.Cli.Benchmarking;
using Llamalith.Cli.Benchmarking.Machine;

namespace Llamalith.Tests.Benchmarking;

public unsafe class MachineTests
{
    private delegate ulong Read(byte* data, nuint bytes);

    private delegate int Multiply(byte* data, int iterations);

    public static TheoryData<string> ReadMethods => ["One512", "One512Prefetched", "Four512", "One256", "One256Prefetched", "One128"];

    [Theory]
    [MemberData(nameof(ReadMethods))]
    public void ReadKernel_ReadsEveryLine(string name)
    {
        (Read kernel, bool supported) = name switch
        {
            "One512" => ((Read)ReadKernels.One512, Vector512.IsHardwareAccelerated),
            "One512Prefetched" => (ReadKernels.One512Prefetched, Vector512.IsHardwareAccelerated && Sse.IsSupported),
            "Four512" => (ReadKernels.Four512, Vector512.IsHardwareAccelerated),
            "One256" => (ReadKernels.One256, Vector256.IsHardwareAccelerated),
            "One256Prefetched" => (ReadKernels.One256Prefetched, Vector256.IsHardwareAccelerated && Sse.IsSupported),
            _ => (ReadKernels.One128, true),
        };
        Assert.SkipUnless(supported, $"This processor has no vectors for {name}.");

        const nuint Length = 4 * ReadKernels.Grain;
        byte* data = (byte*)NativeMemory.AlignedAlloc(Length, 64);
        try
        {
            NativeMemory.Clear(data, Length);
            Assert.Equal(0ul, kernel(data, Length));
            for (nuint i = 0; i < Length; i += 16)
            {
                *(ulong*)(data + i) = 1;
                Assert.Equal(1ul, kernel(data, Length));
                *(ulong*)(data + i) = 0;
            }
        }
        finally
        {
            NativeMemory.AlignedFree(data);
        }
    }

    public static TheoryData<string> MultiplyMethods => ["Float512", "Float256", "Float128", "Int512", "Int256", "IntVnni"];

    [Theory]
    [MemberData(nameof(MultiplyMethods))]
    public void MultiplyKernel_DoesTheWorkThatIsCounted(string name)
    {
        (Multiply kernel, int lanes, bool floats, bool supported) = name switch
        {
            "Float512" => ((Multiply)MultiplyKernels.Float512, 16, true, Vector512.IsHardwareAccelerated),
            "Float256" => (MultiplyKernels.Float256, 8, true, Vector256.IsHardwareAccelerated),
            "Float128" => (MultiplyKernels.Float128, 4, true, true),
            "Int512" => (MultiplyKernels.Int512, 64, false, Avx512BW.IsSupported),
            "Int256" => (MultiplyKernels.Int256, 32, false, Avx2.IsSupported),
            _ => (MultiplyKernels.IntVnni, 32, false, AvxVnni.IsSupported),
        };
        Assert.SkipUnless(supported, $"This processor has no {name}.");

        // With ones everywhere, the sum is the number of multiply-adds.
        const int Iterations = 37;
        int bytes = MultiplyKernels.Cycle * 64;
        byte* data = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 64);
        try
        {
            for (int i = 0; i < bytes / (floats ? 4 : 1); i++)
            {
                if (floats)
                    ((float*)data)[i] = 1;
                else
                    data[i] = 1;
            }

            Assert.Equal((short)(Iterations * MultiplyKernels.PerIteration * lanes), (short)kernel(data, Iterations));
        }
        finally
        {
            NativeMemory.AlignedFree(data);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ReadBandwidth_CoversTheWeights(int threads)
    {
        using ReadBandwidth read = new(3_000_000, threads);
        Assert.InRange(read.Bytes, 3_000_000 - (threads * 4 * ReadKernels.Grain), 3_000_000);
        Assert.InRange(read.MeasureGigabytes(), 0.1, 10_000);
        Assert.NotEmpty(read.MethodName);
    }

    [Fact]
    public void ReadBandwidth_OfAModelSmallerThanAGrainIsMeasured()
    {
        using ReadBandwidth read = new(100, 1);
        Assert.InRange(read.MeasureGigabytes(), 0.1, 10_000);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void MultiplyPeak_IsMeasured(bool integers)
    {
        MultiplyPeak peak = new(integers, 1);
        Assert.InRange(peak.MeasureGigamultiplies(), 0.1, 100_000);
        Assert.NotEmpty(peak.MethodName);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void ThreadGate_RunsEveryThreadOnce(int threads)
    {
        int[] runs = new int[threads];
        Assert.True(ThreadGate.Seconds(threads, i => runs[i]++) > 0);
        Assert.All(runs, r => Assert.Equal(1, r));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void ThreadGate_CarriesFailures(int failing)
    {
        Exception error = Assert.Throws<InvalidOperationException>(() => ThreadGate.Seconds(2, i =>
        {
            if (i == failing)
                throw new NotSupportedException("no");
        }));
        Assert.IsType<NotSupportedException>(error.InnerException);
    }

    [Theory]
    [InlineData("VmRSS:\t  123456 kB", 123456 * 1024L)]
    [InlineData("VmRSS: 7", 7 * 1024L)]
    public void ResidentMemory_ReadsItsLine(string line, long bytes) => Assert.Equal(bytes, ResidentMemory.ParseKilobytes(line));

    [Fact]
    public void ResidentMemory_SeesWhatIsTouched()
    {
        const int Size = 64 << 20;
        long before = ResidentMemory.Bytes;
        byte* data = (byte*)NativeMemory.Alloc(Size);
        try
        {
            NativeMemory.Fill(data, Size, 1);

            // Other tests run beside, and may give memory back meanwhile.
            Assert.InRange(ResidentMemory.Bytes - before, Size / 2, long.MaxValue);
        }
        finally
        {
            NativeMemory.Free(data);
        }
    }
}
