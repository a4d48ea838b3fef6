namespace Llamalith.Chat.Jinja;

/// <summary>How much memory the values take that a template is given: what it may ask for grows with them.</summary>
internal static class InputSize
{
    public static long Of(object?[] values)
    {
        long bytes = 0;
        foreach (object? value in values)
            bytes += Of(value);
        return bytes;
    }

    private static long Of(object? value)
    {
        switch (value)
        {
            case Text text:
                return 2L * text.Value.Length;
            case ListValue list:
                return Of([.. list.Items]) + 16 * list.Items.Count;
            case DictValue dict:
                long bytes = 0;
                for (int i = 0; i < dict.Count; i++)
                    bytes += Of(dict.At(i).Key) + Of(dict.At(i).Value) + 16;
                return bytes;
            default:
                return 0;
        }
    }
}
