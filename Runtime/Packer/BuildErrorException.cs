using System;
using System.Globalization;

namespace Llamalith.Packer;

/// <summary>An error of the build, at a place in a source file.</summary>
internal sealed class BuildErrorException(string path, int line, string code, string message)
    : Exception(string.Create(CultureInfo.InvariantCulture, $"{path}({line}): error {code}: {message.ReplaceLineEndings(" ")}"));
