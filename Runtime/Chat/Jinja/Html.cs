using System;

namespace Llamalith.Chat.Jinja;

/// <summary>Escaping for HTML, as the `escape` filter and texts marked as safe have it.</summary>
internal static class Html
{
    /// <summary>Escapes what is not yet.</summary>
    public static Text Escape(Run run, object? value)
    {
        Text text = Repr.Str(run, value);
        if (text.IsMarkup)
            return text;
        if (!text.Value.AsSpan().ContainsAny("&<>'\""))
            return text.AsMarkup();
        TextBuilder builder = new(run);
        int plain = 0;
        for (int i = 0; i < text.Value.Length; i++)
        {
            string? entity =
                text.Value[i] switch { '&' => "&amp;", '<' => "&lt;", '>' => "&gt;", '\'' => "&#39;", '"' => "&#34;", _ => null };
            if (entity is null)
                continue;
            builder.Append(text, plain, i).Append(entity, text.IsOutside(i));
            plain = i + 1;
        }
        return builder.Append(text, plain, text.Value.Length).ToText(markup: true);
    }
}
