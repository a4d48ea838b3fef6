namespace Llamalith.Packer;

/// <summary>A model file that sources name.</summary>
/// <param name="IsFrom">Whether a class is made from it; else one is loaded from it.</param>
/// <param name="File">Its name, relative to the project.</param>
/// <param name="Class">The class's full name.</param>
/// <param name="Place">Where the class's attribute stands.</param>
internal sealed record ModelReference(bool IsFrom, string File, string Class, SourcePlace Place);
