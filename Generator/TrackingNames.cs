namespace Llamalith.Generator;

/// <summary>Names of the pipeline's steps, for tests that ask which of them ran again.</summary>
internal static class TrackingNames
{
    /// <summary>From an annotated class to a ModelRequest.</summary>
    public const string Requests = nameof(Requests);

    /// <summary>From an additional file to a DescribedFile.</summary>
    public const string Files = nameof(Files);

    /// <summary>From both to a ModelRequest that has what was read of its file.</summary>
    public const string Described = nameof(Described);

    /// <summary>From the compilation and the MSBuild properties to BuildOptions.</summary>
    public const string Options = nameof(Options);

    /// <summary>From both to the specs that an engine can be emitted for.</summary>
    public const string Specs = nameof(Specs);

    /// <summary>The specs, each with a folder of its own for its files.</summary>
    public const string Placed = nameof(Placed);
}
