namespace Llamalith.Checkpoints;

/// <summary>
/// The words of a packed file. It is a GGUF container of an architecture of its own, so that readers of weights refuse it and tools that
/// list keys and tensors can be used on it:
/// hyperparameters and tokenizer are metadata; the token embedding is an ordinary tensor; every other tensor is a row of bytes, in panels,
/// in the order in which a token streams them; after all of these come the units of the panels and the digest of everything before it.
/// </summary>
internal static class PackedKeys
{
    public const string Architecture = "llith";

    /// <summary>The version of this description.</summary>
    public const string Version = "llith.version";
    public const int CurrentVersion = 1;

    /// <summary>The name of the panels' layout, and the instruction set that it was chosen for.</summary>
    public const string Layout = "llith.layout";
    public const string Target = "llith.target";

    /// <summary>How the rows of query and key heads are ordered.</summary>
    public const string RopeLayout = "llith.rope_layout";

    /// <summary>Before the name of a hyperparameter.</summary>
    public const string Shape = "llith.shape.";

    // Of each packed tensor: its canonical name, the name of the one paired with it or nothing, format, rows and columns.
    public const string Names = "llith.names";
    public const string Partners = "llith.partners";
    public const string Types = "llith.types";
    public const string Rows = "llith.rows";
    public const string Columns = "llith.columns";

    /// <summary>Before the canonical name of a packed tensor.</summary>
    public const string Panels = "panels.";

    public const string Units = "llith.units";
    public const string Digest = "llith.digest";

    /// <summary>Tensors begin on pages, so that layers can be paged in and out one by one.</summary>
    public const int Alignment = 4096;

    /// <summary>What panels need at least: a vector register.</summary>
    public const int LeastAlignment = 64;
}
