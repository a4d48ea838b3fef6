using System;
using System.Globalization;
using System.Text;

namespace Llamalith.Chat.Jinja;

/// <summary>What stands between a string's quotes, as Python reads it.</summary>
internal static class StringEscapes
{
    public static string Unescape(ReadOnlySpan<char> text, int line)
    {
        if (!text.Contains('\\'))
            return text.ToString();
        StringBuilder result = new();
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                result.Append(text[i]);
                continue;
            }
            char c = text[++i];
            switch (c)
            {
                case '\n':
                    break;
                case 'n':
                    result.Append('\n');
                    break;
                case 't':
                    result.Append('\t');
                    break;
                case 'r':
                    result.Append('\r');
                    break;
                case 'a':
                    result.Append('\a');
                    break;
                case 'b':
                    result.Append('\b');
                    break;
                case 'f':
                    result.Append('\f');
                    break;
                case 'v':
                    result.Append('\v');
                    break;
                case '\\' or '\'' or '"':
                    result.Append(c);
                    break;
                case >= '0' and <= '7':
                    int octal = 0;
                    int stop = Math.Min(i + 3, text.Length);
                    for (; i < stop && text[i] is >= '0' and <= '7'; i++)
                        octal = 8 * octal + text[i] - '0';
                    i--;
                    result.Append((char)octal);
                    break;
                case 'x' or 'u' or 'U':
                    int digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                    if (i + digits >= text.Length + (i + digits == text.Length ? 1 : 0)
                        || !uint.TryParse(
                            text.Slice(i + 1, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint code))
                    {
                        throw TemplateError.Syntax($"truncated \\{c}{new string('X', digits)} escape", line);
                    }
                    if (code > 0x10FFFF)
                        throw TemplateError.Syntax("illegal Unicode character", line);
                    result.Append(code < 0x10000 ? ((char)code).ToString() : char.ConvertFromUtf32((int)code));
                    i += digits;
                    break;
                case 'N':
                    throw TemplateError.Syntax("unknown Unicode character name", line);
                default:
                    result.Append('\\').Append(c);
                    break;
            }
        }
        return result.ToString();
    }
}
