using System;
using System.Globalization;
using System.Text;

namespace Llamalith.Chat.Jinja;

/// <summary>A time by the format codes of C, in the C locale.</summary>
internal static class Strftime
{
    public static string Format(DateTime time, string format)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }
            char flag = format[++i] is '-' or '_' or '0' or '^' && i + 1 < format.Length ? format[i++] : '\0';
            string part = Part(time, format[i]) ?? "%" + (flag == '\0' ? "" : flag) + format[i];
            text.Append(flag switch
            {
                '-' => part.TrimStart('0', ' ') is { Length: > 0 } trimmed ? trimmed : "0",
                '_' => part.TrimStart('0').PadLeft(part.Length),
                '^' => part.ToUpperInvariant(),
                _ => part,
            });
        }
        return text.ToString();
    }

    private static string? Part(DateTime time, char code) => code switch
    {
        'a' => time.ToString("ddd", CultureInfo.InvariantCulture),
        'A' => time.ToString("dddd", CultureInfo.InvariantCulture),
        'b' or 'h' => time.ToString("MMM", CultureInfo.InvariantCulture),
        'B' => time.ToString("MMMM", CultureInfo.InvariantCulture),
        'c' => Format(time, "%a %b %e %H:%M:%S %Y"),
        'C' => Number(time.Year / 100, 2),
        'd' => Number(time.Day, 2),
        'D' or 'x' => Format(time, "%m/%d/%y"),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'f' => Number(time.Ticks % TimeSpan.TicksPerSecond / 10, 6),
        'F' => Format(time, "%Y-%m-%d"),
        'g' => Number(ISOWeek.GetYear(time) % 100, 2),
        'G' => Number(ISOWeek.GetYear(time), 4),
        'H' => Number(time.Hour, 2),
        'I' => Number((time.Hour + 11) % 12 + 1, 2),
        'j' => Number(time.DayOfYear, 3),
        'k' => time.Hour.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'l' => ((time.Hour + 11) % 12 + 1).ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'm' => Number(time.Month, 2),
        'M' => Number(time.Minute, 2),
        'n' => "\n",
        'p' => time.Hour < 12 ? "AM" : "PM",
        'P' => time.Hour < 12 ? "am" : "pm",
        'r' => Format(time, "%I:%M:%S %p"),
        'R' => Format(time, "%H:%M"),
        's' => new DateTimeOffset(time).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'S' => Number(time.Second, 2),
        't' => "\t",
        'T' or 'X' => Format(time, "%H:%M:%S"),
        'u' => Number(time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek, 1),
        'U' => Number((time.DayOfYear + 6 - (int)time.DayOfWeek) / 7, 2),
        'V' => Number(ISOWeek.GetWeekOfYear(time), 2),
        'w' => Number((int)time.DayOfWeek, 1),
        'W' => Number((time.DayOfYear + 6 - ((int)time.DayOfWeek + 6) % 7) / 7, 2),
        'y' => Number(time.Year % 100, 2),
        'Y' => time.Year.ToString(CultureInfo.InvariantCulture),
        'z' or 'Z' => "",
        '%' => "%",
        _ => null,
    };

    private static string Number(long value, int digits) => value.ToString("D" + digits, CultureInfo.InvariantCulture);
}
