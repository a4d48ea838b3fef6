using System;

namespace Llamalith.Packer;

/// <summary>An error of the build, at a place in a source file.</summary>
internal sealed class BuildErrorException(SourcePlace place, string code, string message)
    : Exception($"{place}: error {code}: {message.ReplaceLineEndings(" ")}")
{
    /// <summary>The codes, as docs/diagnostics.md explains them.</summary>
    public const string NotFound = "LLAMA030", Mismatch = "LLAMA031", Unusable = "LLAMA032", TooLong = "LLAMA033",
        NotPrefilled = "LLAMA034", Stale = "LLAMA039";
}
