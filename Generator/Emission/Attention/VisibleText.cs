using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>How what a position sees is written.</summary>
internal static class VisibleText
{
    /// <summary>The block of an item, counted from the first that the token at a position sees anything of.</summary>
    public static string Block(Visibility visible, string item, string position) =>
        visible.Forgets ? $"FirstBlock({position}) + ({item})" : item;

    /// <summary>Where the first block of a tile of tokens begins, the first of them at a position.</summary>
    public static string FirstBlockBegin(Visibility visible, string position) => FirstMultiple(visible, position, "BlockPositions");

    /// <summary>The first position that another sees, rounded down to a multiple.</summary>
    public static string FirstMultiple(Visibility visible, string position, string multiple) =>
        visible.Forgets ? $"Math.Max(0, {position} + 1 - SlidingWindow) / {multiple} * {multiple}" : "0";

    /// <summary>
    /// The condition that no token from a position on sees anything of the block that begins at another; empty where that cannot be.
    /// </summary>
    public static string OutOfSight(Visibility visible, string begin, string position) =>
        visible.Forgets ? $" || {begin} + BlockPositions <= {position} + 1 - SlidingWindow" : "";

    /// <summary>Of so many positions up to itself a token does not see the first: their number.</summary>
    public static string Hidden(Visibility visible, string seen) => visible.Forgets ? $"Math.Max(0, {seen} - SlidingWindow)" : "0";

    /// <summary>
    /// Writes the statement that masks what has gone out of sight of a row of scores, of so many positions up to the token.
    /// </summary>
    public static void WriteMask(SourceWriter writer, Visibility visible, string scores, string seen, string padded)
    {
        if (visible.Forgets)
            writer.Line($"Mask({scores}, 0, Math.Min({padded}, {seen} - SlidingWindow));");
    }

    /// <summary>Writes the members that the other texts refer to.</summary>
    public static void WriteMembers(SourceWriter writer, Visibility visible)
    {
        string hidden = visible.Forgets ? " - (FirstBlock(position) * BlockPositions)" : "";
        writer.Line("// Positions from the beginning of the first block that the token at a position sees anything of, up to itself.");
        writer.Line($"private static int VisibleTo(int position) => unchecked(position + 1{hidden});");
        writer.Line();
        if (!visible.Forgets)
            return;
        writer.Line("// The first block of the cache of which the token at a position sees anything.");
        writer.Line("private static int FirstBlock(int position) => "
            + "unchecked(Math.Max(0, position + 1 - SlidingWindow) / BlockPositions);");
        writer.Line();
    }
}
