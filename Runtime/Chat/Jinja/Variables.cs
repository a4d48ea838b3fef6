namespace Llamalith.Chat.Jinja;

internal sealed class Variable(string name, int id) : Expression
{
    public string Name => name;

    public int Id => id;

    public override object? Evaluate(Run run)
    {
        run.Step();
        object? value = run.Scope.Get(id);
        return value == Scope.Unset ? UndefinedValue.Variable(name) : value;
    }
}

internal sealed class GetAttribute : Expression
{
    private readonly Expression _owner;
    private readonly string _name;

    public GetAttribute(Expression owner, string name)
    {
        _owner = owner;
        _name = name;
        Height = Above(owner);
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        return Members.Attribute(run, _owner.Evaluate(run), _name);
    }
}

internal sealed class GetItem : Expression
{
    private readonly Expression _owner;
    private readonly Expression _key;

    public GetItem(Expression owner, Expression key)
    {
        _owner = owner;
        _key = key;
        Height = Above(owner, key);
    }

    public override object? Evaluate(Run run)
    {
        run.Step();
        object? owner = _owner.Evaluate(run);
        return Members.Item(run, owner, _key.Evaluate(run));
    }
}

internal sealed class SliceExpression : Expression
{
    private readonly Expression? _start;
    private readonly Expression? _stop;
    private readonly Expression? _step;

    public SliceExpression(Expression? start, Expression? stop, Expression? step)
    {
        _start = start;
        _stop = stop;
        _step = step;
        Height = Above(start, stop, step);
    }

    public override object? Evaluate(Run run) => new SliceValue(_start?.Evaluate(run), _stop?.Evaluate(run), _step?.Evaluate(run));
}
