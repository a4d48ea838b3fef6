using System.Collections.Concurrent;
using System.Collections.Generic;

namespace Llamalith.Constraints.Schemas;

/// <summary>The formats that are asserted, as patterns. Formats of other names say nothing.</summary>
internal static class Formats
{
    private const string Year = @"\d{4}", Month31 = @"(0[13578]|1[02])-(0[1-9]|[12]\d|3[01])", Month30 = @"(0[469]|11)-(0[1-9]|[12]\d|30)",
        February = @"02-(0[1-9]|1\d|2[0-8])";
    private const string LeapYear = @"(\d\d(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)";
    private const string Date = $"({Year}-({Month31}|{Month30}|{February})|{LeapYear}-02-29)";
    private const string Offset = @"([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)";
    private const string Time = @"(([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?" + Offset + @"|23:59:60(\.\d+)?([Zz]|[+-]00:00))";
    private const string Byte = @"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)";
    private const string Ipv4 = Byte + @"(\." + Byte + "){3}";
    private const string Group = "[0-9A-Fa-f]{1,4}";
    private const string Low32 = $"({Group}:{Group}|{Ipv4})";
    private const string Ipv6 =
        $"(({Group}:){{6}}{Low32}|::({Group}:){{5}}{Low32}|({Group})?::({Group}:){{4}}{Low32}|(({Group}:)?{Group})?::({Group}:){{3}}{Low32}"
        + $"|(({Group}:){{0,2}}{Group})?::({Group}:){{2}}{Low32}|(({Group}:){{0,3}}{Group})?::{Group}:{Low32}|(({Group}:){{0,4}}{Group})?::{Low32}"
        + $"|(({Group}:){{0,5}}{Group})?::{Group}|(({Group}:){{0,6}}{Group})?::)";
    private const string Unreserved = @"[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2}";
    private const string Authority =
        @"([A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@)?(\[" + Ipv6 + @"\]|([A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(:\d*)?";
    private const string Tail = @"(\?(" + Unreserved + @"|[/?])*)?(#(" + Unreserved + @"|[/?])*)?";
    private const string Uri = @"[A-Za-z][A-Za-z0-9+.-]*:(//(" + Authority + @"(/(" + Unreserved + @")*)*|/?((" + Unreserved + @")+(/("
        + Unreserved + @")*)*)?)" + Tail;
    private const string Reference = @"(//(" + Authority + @"(/(" + Unreserved + @")*)*|/((" + Unreserved + @")+(/(" + Unreserved
        + @")*)*)?|([A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})+(/(" + Unreserved + @")*)*|)" + Tail;
    private const string Label = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?";

    private static readonly Dictionary<string, string> s_patterns = new()
    {
        ["date"] = Date,
        ["time"] = Time,
        ["date-time"] = Date + "[Tt]" + Time,
        ["duration"] =
            @"P(\d+W|(\d+Y(\d+M(\d+D)?)?|\d+M(\d+D)?|\d+D)(T(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S))?|T(\d+H(\d+M(\d+S)?)?|\d+M(\d+S)?|\d+S))",
        ["uuid"] = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
        ["ipv4"] = Ipv4,
        ["ipv6"] = Ipv6,
        ["hostname"] = $@"{Label}(\.{Label})*",
        ["email"] = @"([A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*|""([ !#-\[\]-~]|\\[ -~])*"")@(" + Label + @"(\."
            + Label + @")*|\[" + Byte + @"(\." + Byte + @"){3}\]|\[IPv6:" + Ipv6 + @"\])",
        ["uri"] = Uri,
        ["uri-reference"] = $"({Uri}|{Reference})",
        ["json-pointer"] = @"(/([^~/]|~[01])*)*",
    };

    private static readonly ConcurrentDictionary<string, Dfa> s_compiled = new();

    /// <summary>The automaton of a format; null where its name says nothing.</summary>
    public static Dfa? Find(string name) =>
        s_patterns.TryGetValue(name, out string? pattern) ? s_compiled.GetOrAdd(name, Compile, pattern) : null;

    private static Dfa Compile(string name, string pattern)
    {
        Dfa dfa = Pattern.Compile($"^({pattern})$");
        if (name != "hostname")
            return dfa;

        // No more than 253 characters. Two hyphens in third place are for encoded names, whose encoding no automaton can check: there are
        // none.
        Dfa encoded = Pattern.Compile(@"(^|\.)..--");
        return Dfa.Intersect(Dfa.Intersect(dfa, encoded, complementOfB: true), Dfa.OfLengths(1, 253));
    }
}
