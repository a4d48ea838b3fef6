using System;
using System.Globalization;
using System.Numerics;

namespace Llamalith.Chat.Jinja;

/// <content>Filters of numbers, and what makes numbers of texts.</content>
internal static partial class Filters
{
    private static object? Abs(object? value) => value switch
    {
        UndefinedValue => throw TemplateError.Type("bad operand type for abs(): 'Undefined'"),
        double number => Math.Abs(number),
        _ when Values.TryInteger(value, out BigInteger integer) => Values.Box(BigInteger.Abs(integer)),
        _ => throw TemplateError.Type($"bad operand type for abs(): '{Values.TypeName(value)}'"),
    };

    private static Text FileSize(Run run, object? value, Arguments arguments)
    {
        bool binary = Flag(arguments.Bind("filesizeformat", 0, "binary")[0]);
        if (!TryReal(value, out double size))
            throw TemplateError.Value($"could not convert to float: {Repr.Plain(value)}");
        double unit = binary ? 1024 : 1000;
        if (size == 1)
            return new Text("1 Byte");
        if (size < unit)
            return new Text(new BigInteger(Math.Truncate(size)).ToString(CultureInfo.InvariantCulture) + " Bytes");
        string prefixes = "kMGTPEZY";
        int at = 0;
        double step = unit * unit;
        while (at < prefixes.Length - 1 && size >= step)
        {
            step *= unit;
            at++;
        }
        string prefix = binary ? char.ToUpperInvariant(prefixes[at]) + "iB" : prefixes[at] + "B";
        return new Text($"{Numbers.Fixed(unit * size / step, 1)} {prefix}");
    }

    private static bool TryReal(object? value, out double number)
    {
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        return value is Text text ? Numbers.TryParseReal(text.Value, out number) : Values.TryNumber(value, out number);
    }

    private static object? Float(Run run, object? value, Arguments arguments)
    {
        object? usual = arguments.Bind("float", 0, "default")[0];
        return TryReal(value, out double number) ? number : IsGiven(usual) ? usual : 0.0;
    }

    private static object? Int(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("int", 0, "default", "base");
        int radix = Size(bound[1], 10);
        if (value is Text text && Numbers.TryParseInteger(text.Value, radix, out BigInteger parsed))
            return Values.Box(parsed);
        if (Values.TryInteger(value, out BigInteger integer))
            return Values.Box(integer);
        if (TryReal(value, out double number) && double.IsFinite(number))
            return Values.Box(new BigInteger(Math.Truncate(number)));
        return IsGiven(bound[0]) ? bound[0] : Values.Box(0);
    }

    private static object? Round(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("round", 0, "precision", "method");
        string method = IsGiven(bound[1]) ? bound[1] is Text name ? name.Value : "" : "common";
        int precision = Math.Clamp(Size(bound[0], 0), -400, 400);
        if (method is not ("common" or "ceil" or "floor"))
            throw Bad("method must be common, ceil or floor");
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        if (!Values.TryNumber(value, out double number))
            throw TemplateError.Type($"type {Values.TypeName(value)} doesn't define __round__ method");
        if (method != "common")
        {
            double scale = Math.Pow(10, precision);
            double scaled = method == "floor" ? Math.Floor(number * scale) : Math.Ceiling(number * scale);
            return scaled / scale;
        }
        if (Values.TryInteger(value, out BigInteger integer))
        {
            if (precision >= 0)
                return Values.Box(integer);
            BigInteger unit = BigInteger.Pow(10, -precision);
            BigInteger quotient = Numbers.FloorDivide(integer, unit), rest = integer - quotient * unit;
            int half = (2 * rest).CompareTo(unit);
            return Values.Box((half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient) * unit);
        }
        if (!double.IsFinite(number) || precision > 330)
            return number;
        string digits = Numbers.Scaled(Math.Abs(number), precision).ToString(CultureInfo.InvariantCulture);
        double rounded = double.Parse(
            string.Create(CultureInfo.InvariantCulture, $"{digits}e{-precision}"), NumberStyles.Float, CultureInfo.InvariantCulture);
        return number < 0 || double.IsNegative(number) ? -rounded : rounded;
    }
}
