using System;

namespace Llamalith.Chat.Jinja;

/// <summary>An expression.</summary>
internal abstract class Expression
{
    /// <summary>How many levels of expressions lie in it; the parser refuses too many, so that evaluating needs little stack.</summary>
    public int Height { get; protected init; } = 1;

    public abstract object? Evaluate(Run run);

    protected static int Above(params ReadOnlySpan<Expression?> parts)
    {
        int height = 0;
        foreach (Expression? part in parts)
            height = Math.Max(height, part?.Height ?? 0);
        return height + 1;
    }
}
