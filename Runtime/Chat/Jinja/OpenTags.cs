using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Chat.Jinja;

/// <summary>The tags that are open where a parser is, and what would close them.</summary>
internal sealed class OpenTags
{
    private readonly Stack<string[]> _ends = new();
    private readonly Stack<string> _tags = new();

    /// <summary>A body begins, which one of these tags ends.</summary>
    public void BeginBody(string[] ends) => _ends.Push(ends);

    public void EndBody() => _ends.Pop();

    public void Open(string tag) => _tags.Push(tag);

    public void Close() => _tags.Pop();

    /// <summary>What is wrong with a tag that nobody expects, or null for the end of the template.</summary>
    public TemplateError Lost(Token? tag, int line)
    {
        HashSet<string> expected = [];
        foreach (string[] ends in _ends)
            expected.UnionWith(ends);
        string looking = _ends.TryPeek(out string[]? now) ? string.Join(" or ", now.Select(Repr.Quoted)) : "";
        List<string> parts = [tag is null ? "Unexpected end of template." : $"Encountered unknown tag {Repr.Quoted(tag.Value.Text)}."];
        if (looking.Length > 0)
        {
            parts.Add(tag is not null && expected.Contains(tag.Value.Text)
                ? $"You probably made a nesting mistake. Jinja is expecting this tag, but currently looking for {looking}."
                : $"Jinja was looking for the following tags: {looking}.");
        }
        if (_tags.TryPeek(out string? innermost))
            parts.Add($"The innermost block that needs to be closed is {Repr.Quoted(innermost)}.");
        return TemplateError.Syntax(string.Join(' ', parts), line);
    }
}
