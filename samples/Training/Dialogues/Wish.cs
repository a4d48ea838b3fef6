using Llamalith.StoryTraining.World;

namespace Llamalith.StoryTraining.Dialogues;

/// <summary>What kind of wish it is.</summary>
internal enum WishKind
{
    /// <summary>A story is wanted.</summary>
    Story,

    /// <summary>Advice is wanted that a child may have.</summary>
    Safe,

    /// <summary>Advice is wanted that would hurt: to be declined kindly.</summary>
    Unsafe,
}

/// <summary>What the model is asked, and what is known of it.</summary>
/// <param name="Kind">What kind of wish it is.</param>
/// <param name="Text">How it is put.</param>
internal sealed record Wish(WishKind Kind, string Text)
{
    /// <summary>Who the story is to be about; null where that is left open.</summary>
    public string? Hero { get; init; }

    /// <summary>What the story is to be about; null where that is left open.</summary>
    public string? Thing { get; init; }

    /// <summary>How the story is to end; null where that is left open.</summary>
    public Mood? Mood { get; init; }

    /// <summary>What advice is wanted on; null of a story.</summary>
    public Entity? Act { get; init; }

    /// <summary>How the user is to be called, as the system instruction says; null for none.</summary>
    public string? Title { get; init; }
}
