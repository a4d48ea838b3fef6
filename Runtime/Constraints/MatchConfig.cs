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

    /// <summary>A way that follows an automaton for a while, whose masks can be kept.</summary>
    public virtual IScan? Scan => null;

    /// <summary>Whether another way leads to the same.</summary>
    public abstract bool IsSame(MatchConfig other);

    /// <summary>Adds a way, unless it is there.</summary>
    public static void Add(List<MatchConfig> configs, MatchConfig config)
    {
        foreach (MatchConfig known in configs)
            if (known.IsSame(config))
                return;
        configs.Add(config);
    }
}

/// <summary>A way that follows an automaton.</summary>
internal interface IScan
{
    ScanForm Form { get; }

    ScanForm.State State { get; }

    /// <summary>Whether the form's own automaton decides alone which bytes go on, so that masks may be kept by its states.</summary>
    bool CanBeKept { get; }

    /// <summary>The ways on where the stretch ends after some more bytes.</summary>
    /// <param name="node">The automaton's state at the end.</param>
    /// <param name="path">The bytes since here, without the one that ended it.</param>
    /// <param name="next">Gets the ways on.</param>
    void End(int node, System.ReadOnlySpan<byte> path, List<MatchConfig> next);
}
