using System.Collections.Generic;

namespace Llamalith.Chat.Jinja;

/// <summary>What follows `|`.</summary>
internal delegate object? Filter(Run run, object? value, Arguments arguments);

/// <summary>Jinja's filters by name; those of sequences are in the other part.</summary>
internal static partial class Filters
{
    private static readonly Dictionary<string, Filter> s_filters = new()
    {
        ["abs"] = static (_, value, _) => Abs(value),
        ["attr"] = static (run, value, arguments) => Attr(run, value, arguments.Bind("attr", 1, "name")[0]),
        ["batch"] = Batch,
        ["capitalize"] = static (run, value, _) => Casing.Capitalize(run, Repr.Str(run, value)),
        ["center"] = static (run, value, arguments) =>
            TextMethods.Center(run, Repr.Str(run, value), Size(arguments.Bind("center", 0, "width")[0], 80)),
        ["count"] = Length,
        ["d"] = Default,
        ["default"] = Default,
        ["dictsort"] = DictSort,
        ["e"] = static (run, value, _) => Html.Escape(run, value),
        ["escape"] = static (run, value, _) => Html.Escape(run, value),
        ["filesizeformat"] = FileSize,
        ["first"] = First,
        ["float"] = Float,
        ["forceescape"] = static (run, value, _) => Html.Escape(run, Repr.Str(run, value).AsPlain()),
        ["format"] = static (run, value, arguments) => Format(run, value, arguments),
        ["groupby"] = GroupBy,
        ["indent"] = Indent,
        ["int"] = Int,
        ["items"] = Items,
        ["join"] = Join,
        ["last"] = Last,
        ["length"] = Length,
        ["list"] = static (run, value, _) => new ListValue(Values.ToList(run, value)),
        ["lower"] = static (run, value, _) => Casing.Lower(run, Repr.Str(run, value)),
        ["map"] = Map,
        ["max"] = static (run, value, arguments) => Extreme(run, value, arguments, "max", static (a, b) => Values.Compare(a, b, ">") == 1),
        ["min"] = static (run, value, arguments) => Extreme(run, value, arguments, "min", static (a, b) => Values.Compare(a, b, "<") < 0),
        ["pprint"] = static (run, value, _) => Plain(run, value),
        ["random"] = static (_, _, _) =>
            throw new TemplateError(ChatTemplateErrorKind.Other, "the filter random is not supported: what it gives could not be repeated"),
        ["reject"] = static (run, value, arguments) => Select(run, value, arguments, isReject: true, byAttribute: false),
        ["rejectattr"] = static (run, value, arguments) => Select(run, value, arguments, isReject: true, byAttribute: true),
        ["replace"] = Replace,
        ["reverse"] = Reverse,
        ["round"] = Round,
        ["safe"] = static (run, value, _) => Repr.Str(run, value).AsMarkup(),
        ["select"] = static (run, value, arguments) => Select(run, value, arguments, isReject: false, byAttribute: false),
        ["selectattr"] = static (run, value, arguments) => Select(run, value, arguments, isReject: false, byAttribute: true),
        ["slice"] = Slice,
        ["sort"] = Sort,
        ["string"] = static (run, value, _) => Repr.Str(run, value),
        ["striptags"] = StripTags,
        ["sum"] = Sum,
        ["title"] = Title,
        ["tojson"] = ToJson,
        ["trim"] = static (run, value, arguments) =>
        {
            object? chars = arguments.Bind("trim", 0, "chars")[0];
            return TextMethods.Strip(Repr.Str(run, value), chars == Arguments.Missing ? null : chars, true, true);
        },
        ["truncate"] = Truncate,
        ["unique"] = Unique,
        ["upper"] = static (run, value, _) => Casing.Upper(run, Repr.Str(run, value)),
        ["urlencode"] = UrlEncode,
        ["urlize"] = static (_, _, _) => throw new TemplateError(ChatTemplateErrorKind.Other, "the filter urlize is not supported"),
        ["wordcount"] = WordCount,
        ["wordwrap"] = WordWrap,
        ["xmlattr"] = XmlAttributes,
    };

    public static Filter? Find(string name) => s_filters.GetValueOrDefault(name);

    public static TemplateError Missing(string name) => new(ChatTemplateErrorKind.Other, $"No filter named {Repr.Quoted(name)} found.");

    private static bool IsGiven(object? value) => value != Arguments.Missing;

    private static int Size(object? value, int usual) => value == Arguments.Missing ? usual : Values.Index(value);

    private static bool Flag(object? value) => value != Arguments.Missing && Values.IsTrue(value);

    private static TemplateError Bad(string message) => new(ChatTemplateErrorKind.Other, message);

    private static Text Plain(Run run, object? value)
    {
        TextBuilder builder = new(run);
        Repr.Append(run, builder, value);
        return builder.ToText();
    }

    private static object? Attr(Run run, object? value, object? name)
    {
        string attribute = TextMethods.String(name, "attribute name").Value;
        if (value is UndefinedValue undefined)
            throw undefined.Error();
        return Members.TryMember(value, attribute, out object? member) ? member : UndefinedValue.Of(value, attribute);
    }

    private static object? Length(Run run, object? value, Arguments arguments) =>
        Values.Length(value) is { } length
            ? Values.Box(length) : throw TemplateError.Type($"object of type '{Values.TypeName(value)}' has no len()");

    private static object? Default(Run run, object? value, Arguments arguments)
    {
        object?[] bound = arguments.Bind("default", 0, "default_value", "boolean");
        bool takes = value is UndefinedValue || (Flag(bound[1]) && !Values.IsTrue(value));
        return takes ? IsGiven(bound[0]) ? bound[0] : Text.Empty : value;
    }
}
