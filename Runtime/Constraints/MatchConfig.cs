using System.Collections.Generic;

namespace Llamalith.Constraints;

/// <summary>One way in which a text may go on, of which there can be several at a time. Immutable.</summary>
internal abstract class MatchConfig
{
    /// <summary>Whether the text may end here.</summary>
    public abstract bool CanEnd { get; }

    /// <summary>Whether more may follow.</summary>
    public virtual bool CanGoOn => true;

    /// <summary>The ways on after a byte; none where it cannot stand here.</summary>
    public abstract void Step(byte b, List<MatchConfig> next);

    /// <summary>Whether another way leads to the same.</summary>
    public abstract bool IsSame(MatchConfig other);

    /// <summary>The same number for ways that are the same.</summary>
    public virtual int PlaceHash => 0;

    /// <summary>Adds a way, unless it is there.</summary>
    public static void Add(List<MatchConfig> configs, MatchConfig config)
    {
        foreach (MatchConfig known in configs)
            if (known.IsSame(config))
                return;
        configs.Add(config);
    }
}
