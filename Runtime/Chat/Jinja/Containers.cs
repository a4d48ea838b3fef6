using System.Collections.Generic;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <summary>Methods of lists, tuples, dictionaries and numbers.</summary>
internal static class Containers
{
    public static Function? Find(DictValue dict, string name) => name switch
    {
        "get" => new Function(name, (_, arguments) =>
        {
            object?[] bound = arguments.Bind("get", 1, "key", "default");
            return dict.TryGet(Values.RequireHashable(bound[0]), out object? value) ? value : bound[1] == Arguments.Missing
                ? null : bound[1];
        }, dict),
        "keys" or "values" or "items" => new Function(name, (_, arguments) =>
        {
            arguments.Bind(name, 0);
            return new DictView(dict, name);
        }, dict),
        "copy" => new Function(name, (run, arguments) =>
        {
            arguments.Bind("copy", 0);
            return dict.Copy(run);
        }, dict),
        _ => null,
    };

    public static Function? Find(ListValue list, string name) => name switch
    {
        "copy" => new Function(name, (run, arguments) =>
        {
            arguments.Bind("copy", 0);
            run.ChargeItems(list.Items.Count);
            return new ListValue([.. list.Items]);
        }, list),
        _ => Find(list, list.Items, name),
    };

    public static Function? Find(TupleValue tuple, string name) => Find(tuple, tuple.Items, name);

    public static Function? OfNumber(object number, string name) => (name, number) switch
    {
        ("is_integer", double real) => new Function(name, (_, _) => Values.Box(real == System.Math.Floor(real)), number),
        ("bit_length", bool or long or BigInteger) => new Function(
            name, (_, _) => Values.TryInteger(number, out BigInteger integer)
                ? Values.Box((long)BigInteger.Abs(integer).GetBitLength()) : null, number),
        _ => null,
    };

    private static Function? Find(object self, IReadOnlyList<object?> items, string name) => name switch
    {
        "count" => new Function(name, (run, arguments) =>
        {
            object? wanted = arguments.Bind("count", 1, "value")[0];
            long count = 0;
            foreach (object? item in items)
            {
                run.Step();
                count += Values.AreEqual(item, wanted) ? 1 : 0;
            }
            return Values.Box(count);
        }, self),
        "index" => new Function(name, (run, arguments) =>
        {
            object?[] bound = arguments.Bind("index", 1, "value", "start", "stop");
            (int start, _, int count) = new SliceValue(bound[1] == Arguments.Missing ? null : bound[1],
                bound[2] == Arguments.Missing ? null : bound[2], null).Resolve(items.Count);
            for (int i = start; i < start + count; i++)
            {
                run.Step();
                if (Values.AreEqual(items[i], bound[0]))
                    return Values.Box(i);
            }
            throw TemplateError.Value(self is ListValue ? $"{Repr.Plain(bound[0])} is not in list" : "tuple.index(x): x not in tuple");
        }, self),
        _ => null,
    };
}
