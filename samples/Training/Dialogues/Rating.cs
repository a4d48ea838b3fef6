namespace Llamalith.StoryTraining.Dialogues;

/// <summary>By how much one answer is better than another. The values count the steps.</summary>
internal enum Rating
{
    /// <summary>Negligibly better, or unsure.</summary>
    Negligibly,

    /// <summary>Slightly better.</summary>
    Slightly,

    /// <summary>Better.</summary>
    Better,

    /// <summary>Significantly better.</summary>
    Significantly,
}

/// <summary>Two answers to one wish.</summary>
/// <param name="Wish">What was asked.</param>
/// <param name="Chosen">The better answer.</param>
/// <param name="Rejected">The other.</param>
/// <param name="Rating">By how much it is better.</param>
/// <param name="Classified">Whether the answers are known to be safe (chosen) and unsafe (rejected), rather than only better and
/// worse.</param>
internal sealed record PreferencePair(Wish Wish, string Chosen, string Rejected, Rating Rating, bool Classified);
