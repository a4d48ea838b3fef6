using System;
using System.Collections.Generic;
using Llamalith.Extensions.AI.Requests;

namespace Llamalith.Extensions.AI.Answers;

/// <summary>
/// Whether an answer begins with the call of a tool, where calls are objects without a mark: `{"name": "…"`, with any white space.
/// </summary>
internal static class CallStart
{
    private static ReadOnlySpan<char> Beginning => """{"name":""";

    /// <summary>Looks at an answer's beginning.</summary>
    /// <param name="text">The answer so far.</param>
    /// <param name="tools">What may be called.</param>
    /// <param name="tool">The tool whose call it is; null where it is none, or not yet.</param>
    /// <returns>Whether it may yet become a call.</returns>
    public static bool MayBe(ReadOnlySpan<char> text, IReadOnlyList<Tool> tools, out Tool? tool)
    {
        tool = null;
        int at = 0;
        foreach (char expected in Beginning)
        {
            if (!Skip(text, ref at))
                return true;
            if (text[at++] != expected)
                return false;
        }
        if (!Skip(text, ref at))
            return true;
        ReadOnlySpan<char> rest = text[at..];
        foreach (Tool one in tools)
        {
            string name = ToolForm.Plain.Quoted(one.Name);
            if (rest.StartsWith(name, StringComparison.Ordinal))
            {
                tool = one;
                return true;
            }
            if (name.AsSpan().StartsWith(rest, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    private static bool Skip(ReadOnlySpan<char> text, ref int at)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at]))
            at++;
        return at < text.Length;
    }
}
