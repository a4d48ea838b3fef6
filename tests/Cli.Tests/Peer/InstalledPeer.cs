using System;
using Llamalith.Cli;
using Llamalith.Cli.Peer;

namespace Llamalith.Tests.Peer;

/// <summary>The llama.cpp that this machine has already: tests fetch nothing.</summary>
internal static class InstalledPeer
{
    /// <summary>Loads it; skips the calling test where there is none. A folder that LLAMALITH_PEER names has to be good.</summary>
    public static LlamaCpp OrSkip()
    {
        PeerLibraries? libraries = null;
        try
        {
            libraries = new PeerInstaller(PeerPackage.Current, PeerEnvironment.Current).Find();
        }
        catch (CliException e) when (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(PeerEnvironment.OverrideVariable)))
        {
            Assert.Skip(e.Message);
        }

        Assert.SkipWhen(
            libraries is null, "llama.cpp is not installed here: `llamalith peer` does that, or LLAMALITH_PEER names its folder.");
        return LlamaCpp.Open(libraries!);
    }
}
