namespace Llamalith.Contracts;

/// <summary>What a program means to do with a range of a mapped file.</summary>
public enum MemoryAdvice
{
    /// <summary>Nothing in particular.</summary>
    Normal = 0,

    /// <summary>Read it in no order: reading ahead is waste.</summary>
    Random = 1,

    /// <summary>Read it once from front to back: reading ahead pays.</summary>
    Sequential = 2,

    /// <summary>Read it soon: start fetching it.</summary>
    WillNeed = 3,

    /// <summary>Not read it again soon: its pages may leave the process. A later read fetches them again.</summary>
    DontNeed = 4,

    /// <summary>
    /// Read it whole again and again: read it from disk in huge pages, and map those as such, where system and file system can. What is in
    /// memory already stays there in pages as it has them.
    /// </summary>
    HugePages = 14,
}
