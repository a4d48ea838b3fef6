using System;
using System.Collections.Generic;

namespace Llamalith.Constraints;

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
    void End(int node, ReadOnlySpan<byte> path, List<MatchConfig> next);
}
