using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Chat;

/// <summary>
/// What a chat template, which is code that others wrote, may spend. More than that ends in a <see cref="ChatTemplateException"/>.
/// </summary>
public sealed record ChatTemplateLimits
{
    /// <summary>The usual limits.</summary>
    public static ChatTemplateLimits Default { get; } = new();

    /// <summary>Steps of one rendering: each expression, statement and element is one. Default 50 million, some seconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public long MaxSteps { get; init => field = Require(value); } = 50_000_000;

    /// <summary>
    /// Bytes that one rendering may ask for, all texts and lists that it makes on the way counted, on top of 64 times the size of the
    /// conversation. Default 256 MiB.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public long MaxBytes { get; init => field = Require(value); } = 256L << 20;

    /// <summary>Macros and recursive loops within each other. Default 200.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not above 0.</exception>
    public int MaxDepth { get; init => field = (int)Require(value); } = 200;

    private static long Require(long value, [CallerMemberName] string property = "") =>
        value > 0 ? value : throw new ArgumentOutOfRangeException(property, value, $"{property} must be above 0.");
}
