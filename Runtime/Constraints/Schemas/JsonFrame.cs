using System;
using System.Collections.Generic;

namespace Llamalith.Constraints.Schemas;

/// <summary>An array or object that is not closed yet. Immutable.</summary>
internal sealed class JsonFrame
{
    public JsonFrame? Parent { get; private init; }

    public ArrayForm? Array { get; private init; }

    public ObjectForm? Object { get; private init; }

    /// <summary>Elements or names so far.</summary>
    public int Count { get; private init; }

    /// <summary>
    /// Elements that were of those which the array must contain, that under way included; counted no further than it matters.
    /// </summary>
    public int Matches { get; private init; }

    /// <summary>Which of the mentioned names were there.</summary>
    public ulong[] Seen { get; private init; } = [];

    /// <summary>Other names that were there.</summary>
    public NameList? Others { get; private init; }

    public bool CanClose => Array is { } array
        ? Count >= array.Min && Matches >= (array.Contains?.Min ?? 0)
        : Count >= Object!.Min && MissingNames() == 0;

    public static JsonFrame Of(JsonFrame? parent, ArrayForm form) => new() { Parent = parent, Array = form };

    public static JsonFrame Of(JsonFrame? parent, ObjectForm form)
    {
        form.Keys ??= new KeyForm(form);
        return new JsonFrame { Parent = parent, Object = form, Seen = new ulong[(form.Names.Count + 63) / 64] };
    }

    public JsonFrame WithElement() => new() { Parent = Parent, Array = Array, Count = Count + 1, Matches = Matches };

    /// <summary>Whether another frame stands at the same place, and may go on in the same ways.</summary>
    public bool IsSame(JsonFrame? other) =>
        other == this || (other is not null && Array is not null && other.Array == Array && other.Parent == Parent && other.Count == Count
            && other.Matches == Matches);

    /// <summary>What the next element may be, with the frame that it then stands in.</summary>
    public IEnumerable<(Demand Demand, JsonFrame? Frame)> NextElements()
    {
        ArrayForm array = Array!;
        if (array.Contains is not { } asked)
        {
            if (array.At(Count) is { } any)
                yield return (any, this);
            yield break;
        }

        // There must be room for those that are missing.
        int later = array.MatchesFrom(Count + 1);
        if (array.OtherAt(Count) is { } other && later >= asked.Min - Matches)
            yield return (other, this);
        bool counts = Matches < asked.Min || asked.Max < int.MaxValue;
        if (counts && Matches < asked.Max && later >= asked.Min - Matches - 1 && array.MatchAt(Count) is { } match)
            yield return (match, new JsonFrame { Parent = Parent, Array = Array, Count = Count, Matches = Matches + 1 });
    }

    public JsonFrame WithName(int name)
    {
        ulong[] seen = [.. Seen];
        seen[name / 64] |= 1ul << name;
        return new JsonFrame { Parent = Parent, Object = Object, Count = Count + 1, Seen = seen, Others = Others };
    }

    public JsonFrame WithOther(string name) => With(new NameList(name, null, Others));

    /// <summary>With another name of which it is not known which.</summary>
    public JsonFrame WithOther(NameDoubt doubt) => With(new NameList("", doubt, Others));

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
        {
            if (list.Name == name)
                return true;
            if (list.Doubt is null)
                continue;
            list.Doubt.IsRaised = true;
            return true;
        }
        return false;
    }

    /// <summary>How many other names were there that begin so.</summary>
    public int CountOthers(string beginning)
    {
        int count = 0;
        for (NameList? list = Others; list is not null; list = list.Rest)
            count += list.Name.StartsWith(beginning, StringComparison.Ordinal) ? 1 : 0;
        return count;
    }

    private JsonFrame With(NameList others) => new() { Parent = Parent, Object = Object, Count = Count + 1, Seen = Seen, Others = others };

    private int MissingNames()
    {
        int missing = 0;
        for (int i = 0; i < Object!.Names.Count; i++)
            missing += Object.Required[i] && (Seen[i / 64] >> i & 1) == 0 ? 1 : 0;
        return missing;
    }

    /// <summary>Names, the last one first.</summary>
    internal sealed record NameList(string Name, NameDoubt? Doubt, NameList? Rest);
}
