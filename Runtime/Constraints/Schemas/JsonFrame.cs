namespace Llamalith.Constraints.Schemas;

/// <summary>An array or object that is not closed yet. Immutable.</summary>
internal sealed class JsonFrame
{
    public JsonFrame? Parent { get; private init; }

    public ArrayForm? Array { get; private init; }

    public ObjectForm? Object { get; private init; }

    /// <summary>Elements or names so far.</summary>
    public int Count { get; private init; }

    /// <summary>Which of the mentioned names were there.</summary>
    public ulong[] Seen { get; private init; } = [];

    /// <summary>Other names that were there.</summary>
    public NameList? Others { get; private init; }

    public bool CanClose => Array is { } array ? Count >= array.Min : Count >= Object!.Min && MissingNames() == 0;

    /// <summary>What the next element must be; null where there may be none.</summary>
    public Demand? NextElement => Array!.At(Count);

    public static JsonFrame Of(JsonFrame? parent, ArrayForm form) => new() { Parent = parent, Array = form };

    public static JsonFrame Of(JsonFrame? parent, ObjectForm form)
    {
        form.Keys ??= new KeyForm(form);
        return new JsonFrame { Parent = parent, Object = form, Seen = new ulong[(form.Names.Count + 63) / 64] };
    }

    public JsonFrame WithElement() => new() { Parent = Parent, Array = Array, Count = Count + 1 };

    public JsonFrame WithName(int name)
    {
        ulong[] seen = [.. Seen];
        seen[name / 64] |= 1ul << name;
        return new JsonFrame { Parent = Parent, Object = Object, Count = Count + 1, Seen = seen, Others = Others };
    }

    public JsonFrame WithOther(string name) =>
        new() { Parent = Parent, Object = Object, Count = Count + 1, Seen = Seen, Others = new NameList(name, Others) };

    /// <summary>Which names may come next.</summary>
    public KeyGate Gate()
    {
        ObjectForm form = Object!;
        int left = form.Max - Count;

        // Where there is only room for what must come, nothing else may.
        bool anything = left > MissingNames();
        ulong[] allowed = new ulong[Seen.Length];
        for (int i = 0; i < form.Names.Count; i++)
        {
            bool isNew = (Seen[i / 64] >> i & 1) == 0;
            if (isNew && left > 0 && (anything || form.Required[i]))
                allowed[i / 64] |= 1ul << i;
        }
        return new KeyGate(form.Keys!, allowed, anything && left > 0);
    }

    public bool HasOther(string name)
    {
        for (NameList? list = Others; list is not null; list = list.Rest)
            if (list.Name == name)
                return true;
        return false;
    }

    private int MissingNames()
    {
        int missing = 0;
        for (int i = 0; i < Object!.Names.Count; i++)
            missing += Object.Required[i] && (Seen[i / 64] >> i & 1) == 0 ? 1 : 0;
        return missing;
    }

    /// <summary>Names, the last one first.</summary>
    internal sealed record NameList(string Name, NameList? Rest);
}
