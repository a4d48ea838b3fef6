using System;
using System.Runtime.InteropServices;
using Llamalith.Tuner;

namespace Llamalith.Cli.Peer;

/// <summary>What the search for the peer asks of the machine.</summary>
/// <param name="Platform">Operating system, C library where it is not the usual one, and processor: linux-x64, linux-musl-x64,
/// osx-arm64.</param>
/// <param name="Variable">Reads an environment variable; null or empty where it is unset.</param>
internal sealed record PeerEnvironment(string Platform, Func<string, string?> Variable)
{
    /// <summary>The folder of the shared libraries, instead of the package.</summary>
    public const string OverrideVariable = "LLAMALITH_PEER";

    /// <summary>The only platform whose calling convention the bindings were written for.</summary>
    public const string SupportedPlatform = "linux-x64";

    /// <summary>This process's.</summary>
    public static PeerEnvironment Current { get; } = new(DescribePlatform(), Environment.GetEnvironmentVariable);

    /// <summary>Where packages of any version are kept: $XDG_CACHE_HOME/llamalith/peer, else ~/.cache/llamalith/peer.</summary>
    /// <exception cref="CliException">Neither a cache folder nor a home is known.</exception>
    public string CacheRoot => CacheFolder.Find("peer", Variable)
        ?? throw new CliException(
            $"Nowhere to keep llama.cpp: neither XDG_CACHE_HOME nor HOME is set. {OverrideVariable} can name a folder that holds its "
                + "libraries.");

    private static string DescribePlatform()
    {
        string system =
            OperatingSystem.IsLinux() ? "linux" : OperatingSystem.IsMacOS() ? "osx" : OperatingSystem.IsWindows() ? "win" : "other";
        string identifier = RuntimeInformation.RuntimeIdentifier;
        if (system == "linux"
            && (identifier.Contains("musl", StringComparison.Ordinal) || identifier.StartsWith("alpine", StringComparison.Ordinal)))
        {
            system = "linux-musl";
        }

        return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
    }
}
