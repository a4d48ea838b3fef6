using System.Linq;
using Llamalith.Packer.Compilation;

namespace Llamalith.Cli.Compilation;

/// <summary>The instruction sets that a model can be packed for, by the names that engines give themselves.</summary>
internal static class PackTargets
{
    private static readonly Isa[] s_all = [Isa.Avx512, Isa.Avx2, Isa.Neon, Isa.Scalar];

    /// <summary>All names.</summary>
    public static string[] Names => [.. s_all.Select(NameOf)];

    /// <summary>The name of this machine's best.</summary>
    public static string Here => NameOf(MachineIsa.Best);

    private static string NameOf(Isa isa) => isa.ToString().ToLowerInvariant();
}
