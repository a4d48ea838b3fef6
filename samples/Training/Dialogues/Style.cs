namespace Llamalith.StoryTraining.Dialogues;

/// <summary>How advice is given or declined.</summary>
internal enum Style
{
    /// <summary>As it should be: good advice, or declined with the true reason.</summary>
    Right,

    /// <summary>Any wish is granted without a thought.</summary>
    Reckless,

    /// <summary>Any wish is declined for no good reason.</summary>
    Timid,

    /// <summary>Declined without kindness.</summary>
    Curt,
}
