using System;
using System.IO;
using System.Runtime.Intrinsics.X86;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>
/// A program with its weights and prompts, compiled ahead of time for several processors: the launcher chooses, and each build has all that
/// is within.
/// </summary>
public sealed class LauncherTests(LocalFeed feed)
{
    [Fact]
    public async Task Consumer_PublishesALauncherThatBecomesTheBestBuild()
    {
        Programs.SkipUnlessLinkable();
        string consumer = EmbeddedProgram.Create(feed, "Launched");
        string folder = Path.Combine(consumer, "published"), launcher = Path.Combine(folder, "Launched");

        // Weights too large for a resource lie behind the code; those in one are EdgeTests'.
        string output = await Dotnet.SucceedAsync(
            consumer, TestContext.Current.CancellationToken, "publish", "--configuration", "Release", "-r", "linux-x64",
            "-p:PublishAot=true", "-p:LlamalithLauncher=true", "-p:LlamalithResourceLimit=1000", "-p:NativeDebugSymbols=false", "-o",
            folder);
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
        Assert.InRange(new FileInfo(launcher).Length, 1, 1_200_000);
        Assert.Empty(Directory.GetFiles(folder, "*.llith", SearchOption.AllDirectories));

        if (Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported)
            Assert.Equal((7, "avx512 65856 [a b||c] x\n", ""), await Programs.RunAsync(launcher, ["a b", "", "c"], ("GIVEN", "x")));
        if (Avx2.IsSupported && Fma.IsSupported)
        {
            Assert.Equal((7, "avx2 65856 [] \n", ""), await Programs.RunAsync(launcher, [], ("LLAMALITH_TARGET", "avx2")));

            // The prompts are prefilled as this build computes.
            Assert.Equal((0, EmbeddedProgram.Expected, ""),
                await Programs.RunAsync(launcher, [Path.Combine(consumer, "fable.bin")], ("LLAMALITH_TARGET", "avx2")));
        }

        (int exitCode, _, string error) = await Programs.RunAsync(launcher, [], ("LLAMALITH_TARGET", "neon"));
        Assert.Equal(126, exitCode);
        Assert.Equal(
            "error: Launched: LLAMALITH_TARGET = neon, but it is built for AVX-512 (F, BW, DQ, VL) (target avx512) or AVX2 and FMA (target "
                + "avx2).\n", error);

        // On a processor from before AVX.
        if (Programs.IsOnPath("qemu-x86_64-static"))
        {
            (exitCode, _, error) = await Programs.RunAsync("qemu-x86_64-static", ["-cpu", "Nehalem", launcher]);
            Assert.Equal(126, exitCode);
            Assert.Contains("Launched needs a processor with AVX-512 (F, BW, DQ, VL) (target avx512) or AVX2 and FMA (target avx2)", error,
                StringComparison.Ordinal);
        }

        File.Delete(Path.Combine(folder, "Launched.avx2"));
        File.Delete(Path.Combine(folder, "Launched.avx512"));
        (exitCode, _, error) = await Programs.RunAsync(launcher, []);
        Assert.Equal((126, "error: Launched: none of its builds (Launched.avx512, Launched.avx2) lies beside it.\n"), (exitCode, error));
    }
}
