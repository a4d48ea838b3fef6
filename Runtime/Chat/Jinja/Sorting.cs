using System;
using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>A stable sort, in which equals keep their order.</summary>
internal static class Sorting
{
    public static List<object?> Sort(Run run, List<object?> items, Func<object?, object?> keyOf, bool reverse)
    {
        run.ChargeItems(3L * items.Count);
        List<object?> inOrder = [.. items];
        // Python sorts what is to come out in reverse from its end, so that equals keep their order in it.
        if (reverse)
            inOrder.Reverse();
        (object? Key, object? Item)[] pairs = new (object?, object?)[items.Count];
        for (int i = 0; i < pairs.Length; i++)
            pairs[i] = (keyOf(inOrder[i]), inOrder[i]);
        Merge(run, pairs, new (object?, object?)[pairs.Length], 0, pairs.Length);
        List<object?> sorted = new(pairs.Length);
        foreach ((_, object? item) in pairs)
            sorted.Add(item);
        if (reverse)
            sorted.Reverse();
        return sorted;
    }

    private static void Merge(Run run, (object? Key, object? Item)[] pairs, (object? Key, object? Item)[] spare, int start, int end)
    {
        if (end - start < 2)
            return;
        int middle = (start + end) / 2;
        Merge(run, pairs, spare, start, middle);
        Merge(run, pairs, spare, middle, end);
        int left = start, right = middle;
        for (int at = start; at < end; at++)
        {
            run.Step();
            bool takeRight = left == middle || (right < end && Values.IsLess(pairs[right].Key, pairs[left].Key));
            spare[at] = takeRight ? pairs[right++] : pairs[left++];
        }
        Array.Copy(spare, start, pairs, start, end - start);
    }
}
