using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Llamalith.Packer;

/// <summary>
/// What the targets say, a line each: name=value. It comes in a file, since a command line goes through a shell, which would read what it finds in the
/// names of folders.
/// </summary>
internal sealed class PackerArguments
{
    private readonly string _path;
    private readonly ILookup<string, string> _values;

    private PackerArguments(string path)
    {
        _path = path;
        _values = File.ReadAllLines(path).Where(static line => line.Contains('=', StringComparison.Ordinal))
            .ToLookup(static line => line[..line.IndexOf('=', StringComparison.Ordinal)], static line => line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]);
    }

    public static PackerArguments Read(string path) => new(path);

    /// <summary>The value that is there once.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public string One(string name) => _values[name].ToArray() is [var value] ? value : throw new InvalidDataException($"{_path} says {name} {_values[name].Count()} times, but must once.");

    /// <summary>The values, in their order.</summary>
    public IReadOnlyList<string> All(string name) => [.. _values[name]];
}
