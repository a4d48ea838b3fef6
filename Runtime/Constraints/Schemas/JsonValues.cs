using System.Linq;
using System.Text.Json;

namespace Llamalith.Constraints.Schemas;

/// <summary>JSON values as schemas compare them: numbers by value, objects without order.</summary>
internal static class JsonValues
{
    /// <summary>A value's type, as parts count them.</summary>
    public static int TypeOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Null => Part.Null,
        JsonValueKind.True => Part.True,
        JsonValueKind.False => Part.False,
        JsonValueKind.Number => ExactNumber.Parse(json.GetRawText()).IsInteger ? Part.Integer : Part.Fraction,
        JsonValueKind.String => Part.String,
        JsonValueKind.Array => Part.Array,
        _ => Part.Object,
    };

    public static bool AreEqual(JsonElement a, JsonElement b)
    {
        if (a.ValueKind != b.ValueKind)
            return false;
        switch (a.ValueKind)
        {
            case JsonValueKind.Number:
                return ExactNumber.Parse(a.GetRawText()).CompareTo(ExactNumber.Parse(b.GetRawText())) == 0;
            case JsonValueKind.String:
                return a.GetString() == b.GetString();
            case JsonValueKind.Array:
                return a.GetArrayLength() == b.GetArrayLength() && a.EnumerateArray().Zip(b.EnumerateArray())
                    .All(static pair => AreEqual(pair.First, pair.Second));
            case JsonValueKind.Object:
                JsonProperty[] properties = [.. a.EnumerateObject()];
                return properties.Length == b.EnumerateObject().Count()
                    && properties.All(
                        property => b.TryGetProperty(property.Name, out JsonElement other) && AreEqual(property.Value, other));
            default:
                return true;
        }
    }
}
