using System;
using System.Runtime.CompilerServices;

namespace Llamalith.Chat.Jinja;

/// <summary>One rendering under way: where it is, and what it may still spend.</summary>
internal sealed class Run
{
    private readonly int _maxDepth;
    private readonly long _maxSteps;
    private readonly long _maxBytes;
    private long _steps;
    private long _bytes;
    private int _depth;

    public Run(ChatTemplateLimits limits, long inputBytes, DateTime now)
    {
        _maxDepth = limits.MaxDepth;
        _maxSteps = _steps = limits.MaxSteps;
        _maxBytes = _bytes = limits.MaxBytes + 64 * inputBytes;
        Now = now;
        Output = new TextBuilder(this);
    }

    /// <summary>What `strftime_now` says.</summary>
    public DateTime Now { get; }

    /// <summary>The line of the template that is carried out.</summary>
    public int Line { get; set; } = 1;

    public Scope Scope { get; set; } = null!;

    /// <summary>Where printed text goes: the result, or what a macro or block collects.</summary>
    public TextBuilder Output { get; set; }

    /// <summary>Counts a step.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step()
    {
        if (--_steps < 0)
            ThrowSteps();
    }

    /// <summary>Counts many steps at once.</summary>
    public void Step(long count)
    {
        _steps -= count;
        if (_steps < 0)
            ThrowSteps();
    }

    /// <summary>Counts memory for so many UTF-16 units, before it is taken.</summary>
    public void ChargeChars(long count) => Charge(2 * count);

    /// <summary>Counts memory for a collection's so many elements, before it is taken.</summary>
    public void ChargeItems(long count) => Charge(64 + 40 * count);

    /// <summary>Goes one level down; <see cref="Leave"/> goes up again.</summary>
    public void Enter()
    {
        if (++_depth > _maxDepth)
            throw TemplateError.TooDeep();
        CheckStack();
    }

    public void Leave() => _depth--;

    /// <summary>Makes an exception of what would be an overflow of the stack.</summary>
    public static void CheckStack()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw TemplateError.TooDeep();
    }

    private void Charge(long bytes)
    {
        _bytes -= bytes;
        if (_bytes < 0)
            throw new TemplateError(ChatTemplateErrorKind.Limit, $"the template asks for more than {_maxBytes} bytes of memory");
        // Copying takes time, too.
        _steps -= bytes >> 7;
    }

    private void ThrowSteps() => throw new TemplateError(ChatTemplateErrorKind.Limit, $"the template is not done after {_maxSteps} steps");
}
