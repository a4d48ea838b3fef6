using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using Llamalith.KernelChecks;
using Llamalith.KernelChecks.Checks;

namespace Llamalith.Tests;

/// <summary>
/// One leg an instruction set: the table of checks in a process whose runtime offers that set and nothing better, unless this process does
/// so itself. The process itself asserts what is offered, since the runtime ignores a misspelt variable in silence.
/// </summary>
public sealed class InstructionSetTests
{
    // AVX-VNNI is beside AVX-512 or AVX2, and multiplies integers where it is.
    private static readonly string[] s_avxVnni = ["--dot", AvxVnni.IsSupported ? "yes" : "no"];

    [Fact]
    public void Engine_PassesOnAvx512()
    {
        Assert.SkipUnless(
            Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported, "This machine has no AVX-512.");
        Run("avx512", s_avxVnni);
    }

    [Fact]
    public void Engine_PassesOnAvx2()
    {
        Assert.SkipUnless(Avx2.IsSupported && Fma.IsSupported, "This machine has no AVX2 with FMA.");
        Run("avx2", s_avxVnni, ("DOTNET_EnableAVX512", "0"));
    }

    /// <summary>Where there is AVX-VNNI, the legs above multiply integers with it; most machines have none.</summary>
    [Theory]
    [InlineData("avx512")]
    [InlineData("avx2")]
    public void Engine_PassesWithoutAvxVnni(string instructionSet)
    {
        Assert.SkipUnless(AvxVnni.IsSupported, "This machine has no AVX-VNNI, so that the legs above are without it.");
        Assert.SkipUnless(instructionSet != "avx512" || (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported
            && Avx512F.VL.IsSupported), "This machine has no AVX-512.");
        CheckProcess.RunWith(instructionSet, ["--dot", "no", "--only", "weights"], ("DOTNET_EnableAVXVNNI", "0"),
            ("DOTNET_EnableAVX512", instructionSet == "avx512" ? "1" : "0"));
    }

    [Fact]
    public void Engine_PassesOnNeon()
    {
        Assert.SkipUnless(AdvSimd.Arm64.IsSupported, "This machine is not a 64-bit ARM.");
        Run("neon", []);
    }

    [Fact]
    public void Engine_PassesOnPlainMachines()
    {
        Assert.SkipWhen(AdvSimd.Arm64.IsSupported, "On 64-bit ARM the vector unit cannot be switched off.");
        Run("scalar", [], ("DOTNET_EnableAVX2", "0"));
    }

    /// <summary>Nothing but what every processor of the architecture has: the bits are still those of the widest vectors.</summary>
    [Fact]
    public void Engine_GivesTheSameBitsWithoutIntrinsics()
    {
        Assert.SkipWhen(AdvSimd.Arm64.IsSupported, "On 64-bit ARM the vector unit cannot be switched off.");
        CheckProcess.RunWith("scalar", ["--only", BitsChecks.Same], ("DOTNET_EnableHWIntrinsic", "0"));
    }

    // What this process runs on, CheckTableTests has run the table on; left are the checks that want a process for themselves.
    private static void Run(string instructionSet, string[] arguments, params (string Name, string Value)[] environment) =>
        CheckProcess.RunWith(
        instructionSet,
        instructionSet == InstructionSets.Best(Isa.All) ? [.. arguments, "--only", SingleChecks.AllocationCheck] : arguments,
        environment);
}
