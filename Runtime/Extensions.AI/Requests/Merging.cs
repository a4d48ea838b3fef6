namespace Llamalith.Extensions.AI.Requests;

/// <summary>
/// Which messages are made one where a template refuses them as they are: many demand that roles alternate, or know no system's.
/// </summary>
internal enum Merging
{
    /// <summary>None: messages are given as they are.</summary>
    None,

    /// <summary>Those of the same role that follow each other.</summary>
    SameRoles,

    /// <summary>These, and the system's with the user's that follows it.</summary>
    SystemIntoUser,
}
