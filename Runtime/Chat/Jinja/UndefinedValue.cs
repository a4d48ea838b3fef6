namespace Llamalith.Chat.Jinja;

/// <summary>What is not there: prints as nothing, is false and empty, and anything else done with it is an error.</summary>
internal sealed class UndefinedValue
{
    private readonly string? _hint;
    private readonly object? _owner;
    private readonly object? _name;
    private readonly bool _hasOwner;

    private UndefinedValue(string? hint, object? owner, object? name, bool hasOwner, ChatTemplateErrorKind kind)
    {
        _hint = hint;
        _owner = owner;
        _name = name;
        _hasOwner = hasOwner;
        Kind = kind;
    }

    public ChatTemplateErrorKind Kind { get; }

    /// <summary>Why it is not there.</summary>
    public string Message
    {
        get
        {
            if (_hint is not null)
                return _hint;
            if (!_hasOwner)
                return $"{Repr.Quoted((string)_name!)} is undefined";
            string owner = _owner is null ? "None" : Values.TypeName(_owner) + " object";
            return _name is string name
                ? $"{Repr.Quoted(owner)} has no attribute {Repr.Quoted(name)}" : $"{owner} has no element {Repr.Plain(_name)}";
        }
    }

    public static UndefinedValue Variable(string name) => new(null, null, name, false, ChatTemplateErrorKind.Undefined);

    public static UndefinedValue Because(string hint) => new(hint, null, null, false, ChatTemplateErrorKind.Undefined);

    public static UndefinedValue Of(object? owner, object? name) =>
        new(null, owner, name is Text text ? text.Value : name, true, ChatTemplateErrorKind.Undefined);

    public static UndefinedValue Unsafe(object? owner, string name) => new(
        $"access to attribute {Repr.Quoted(name)} of {Repr.Quoted(Values.TypeName(owner))} object is unsafe.", owner, name, true,
        ChatTemplateErrorKind.Other);

    public TemplateError Error() => new(Kind, Message);
}
