using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>How a statement ends: whether the loop around it goes on.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A statement, or text to print.</summary>
internal abstract class Statement
{
    public abstract Flow Execute(Run run);
}

/// <summary>Statements one after another.</summary>
internal sealed class Body(Statement[] statements)
{
    public Flow Execute(Run run)
    {
        foreach (Statement statement in statements)
        {
            run.Step();
            Flow flow = statement.Execute(run);
            if (flow != Flow.Next)
                return flow;
        }
        return Flow.Next;
    }

    /// <summary>What it prints, in a scope of its own.</summary>
    public Text Capture(Run run, Scope scope)
    {
        run.Enter();
        (Scope outer, TextBuilder output, int line) = (run.Scope, run.Output, run.Line);
        (run.Scope, run.Output) = (scope, new TextBuilder(run));
        Execute(run);
        Text text = run.Output.ToText();
        (run.Scope, run.Output, run.Line) = (outer, output, line);
        run.Leave();
        return text;
    }
}

internal sealed class PrintText(string text) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Output.Append(text);
        return Flow.Next;
    }
}

internal sealed class Print(Expression expression, int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        run.Output.Append(Repr.Str(run, expression.Evaluate(run)));
        return Flow.Next;
    }
}

internal sealed class If((Expression Condition, Body Then)[] branches, Body? otherwise, int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        foreach ((Expression condition, Body then) in branches)
        {
            run.Step();
            if (Values.IsTrue(condition.Evaluate(run)))
                return then.Execute(run);
        }
        return otherwise?.Execute(run) ?? Flow.Next;
    }
}

internal sealed class For(
    Target target, Expression source, Expression? filter, bool isRecursive, Body body, Body? otherwise, int loopId, int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        Loop(run, source.Evaluate(run), 0);
        return Flow.Next;
    }

    private void Loop(Run run, object? values, int depth)
    {
        // A filter is asked while the loop runs, and sees what the loop has done.
        object? iterated = filter is null ? values : new GeneratorValue(Filtered(run, Values.Iterate(values), run.Scope));
        LoopValue loop = new(iterated, depth, isRecursive ? (inner, level) => Recurse(run, inner, level) : null);
        Scope outer = run.Scope;
        Scope scope = new(outer);
        run.Scope = scope;
        bool done = false;
        while (loop.MoveNext(out object? item))
        {
            run.Step();
            scope.Clear();
            target.Assign(run, item);
            scope.Set(loopId, loop);
            Flow flow = body.Execute(run);
            if (flow == Flow.Break)
                break;
            done |= flow == Flow.Next;
        }
        run.Scope = outer;

        // As Jinja does it: unless one turn came to its end.
        if (!done && otherwise is not null)
        {
            run.Scope = new Scope(outer);
            otherwise.Execute(run);
            run.Scope = outer;
        }
    }

    private Text Recurse(Run run, object? values, int depth)
    {
        run.Enter();
        TextBuilder output = run.Output;
        run.Output = new TextBuilder(run);
        Loop(run, values, depth);
        Text text = run.Output.ToText();
        run.Output = output;
        run.Leave();
        return text;
    }

    private IEnumerable<object?> Filtered(Run run, IEnumerable<object?> values, Scope outer)
    {
        foreach (object? value in values)
        {
            Scope before = run.Scope;
            run.Scope = new Scope(outer);
            target.Assign(run, value);
            bool taken = Values.IsTrue(filter!.Evaluate(run));
            run.Scope = before;
            if (taken)
                yield return value;
        }
    }
}

internal sealed class Assign(Target target, Expression value, int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        target.Assign(run, value.Evaluate(run));
        return Flow.Next;
    }
}

internal sealed class AssignBlock(Target target, FilterExpression? filter, Body body, int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        Text text = body.Capture(run, new Scope(run.Scope));
        target.Assign(run, filter is null ? text : filter.ApplyInnermost(run, text));
        return Flow.Next;
    }
}

internal sealed class FilterBlock(FilterExpression filter, Body body, int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        run.Output.Append(Repr.Str(run, filter.ApplyInnermost(run, body.Capture(run, new Scope(run.Scope)))));
        return Flow.Next;
    }
}

/// <summary>A body with a scope of its own: `with`, `block` and `generation`.</summary>
internal sealed class ScopedBody((Target Target, Expression Value)[] assignments, Body body, int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        Scope outer = run.Scope;
        Scope inner = new(outer);
        object?[] values = new object?[assignments.Length];
        for (int i = 0; i < values.Length; i++)
            values[i] = assignments[i].Value.Evaluate(run);
        run.Scope = inner;
        for (int i = 0; i < values.Length; i++)
            assignments[i].Target.Assign(run, values[i]);
        Flow flow = body.Execute(run);
        run.Scope = outer;
        return flow;
    }
}

/// <summary>A macro's definition.</summary>
internal sealed class MacroNode(string name, int id, (string Name, int Id, Expression? Default)[] parameters, Body body, MacroNames names)
    : Statement
{
    public string Name => name;

    public (string Name, int Id, Expression? Default)[] Parameters => parameters;

    public Body Body => body;

    public bool HasCallerParameter => Array.Exists(parameters, static parameter => parameter.Name == "caller");

    public bool UsesCaller => names.UsesCaller;

    public bool UsesKeywords => names.UsesKeywords;

    public bool UsesExtras => names.UsesExtras;

    public int CallerId => names.CallerId;

    public int KeywordsId => names.KeywordsId;

    public int ExtrasId => names.ExtrasId;

    public override Flow Execute(Run run)
    {
        run.Scope.Set(id, new Macro(this, run.Scope));
        return Flow.Next;
    }
}

/// <summary>Which of the names that every macro knows a body uses.</summary>
internal sealed class MacroNames(int callerId, int keywordsId, int extrasId)
{
    public int CallerId => callerId;

    public int KeywordsId => keywordsId;

    public int ExtrasId => extrasId;

    public bool UsesCaller { get; set; }

    public bool UsesKeywords { get; set; }

    public bool UsesExtras { get; set; }
}

internal sealed class CallBlock(Call call, MacroNode body, int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        run.Output.Append(Repr.Str(run, call.Evaluate(run, new Macro(body, run.Scope))));
        return Flow.Next;
    }
}

internal sealed class Jump(Flow flow) : Statement
{
    public override Flow Execute(Run run) => flow;
}

/// <summary>A statement that asks for another template, which there is none of.</summary>
internal sealed class Load(int line) : Statement
{
    public override Flow Execute(Run run)
    {
        run.Line = line;
        throw TemplateError.Type("no loader for this environment specified");
    }
}
