using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Llamalith.Generator.Emission.Text;

/// <summary>Literals and lists, always in the invariant culture.</summary>
internal static class Code
{
    /// <summary>A string literal on one line, whatever the text holds.</summary>
    public static string Escaped(string text) => "\"" + text.Select(static c => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        >= ' ' and <= '~' => c.ToString(),
        _ => "\\u" + ((int)c).ToString("X4", CultureInfo.InvariantCulture),
    }).Join("") + "\"";

    public static string Int(long value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>An integer literal of a constant, in groups of three digits where it is long.</summary>
    public static string Readable(long value) =>
        value.ToString(Math.Abs(value) < 10_000 ? "0" : "#,0", CultureInfo.InvariantCulture).Replace(',', '_');

    public static string Bool(bool value) => value ? "true" : "false";

    public static string Grouped(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A float literal that reads back to the same float.</summary>
    public static string Float(double value) => ((float)value).ToString("R", CultureInfo.InvariantCulture) + "f";

    /// <summary>A double literal of twelve digits: exact enough for any angle, and too few for two C libraries to differ in.</summary>
    public static string Double(double value) => value.ToString("G12", CultureInfo.InvariantCulture) + "d";

    /// <summary>pointer + offset, without the sum where the offset is nothing.</summary>
    public static string At(string pointer, string offset) => offset is "" or "0" ? pointer : pointer + " + " + offset;

    public static string At(string pointer, int offset) => At(pointer, Int(offset));

    public static string Join(this IEnumerable<string> items, string separator) => string.Join(separator, items.ToArray());
}
