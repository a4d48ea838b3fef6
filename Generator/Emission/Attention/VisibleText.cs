using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Attention;

/// <summary>
/// How what a position sees is written. Where layers differ, a window is what the layer has (a variable, window); a layer that sees all has
/// one as long as the context.
/// </summary>
internal static class VisibleText
{
    /// <summary>Writes what a method of a layer needs to know before the other texts can be used in it.</summary>
    public static void WriteWindow(SourceWriter writer, Visibility visible)
    {
        if (visible.IsMixed)
            writer.Line("int window = WindowOf(layer);");
    }

    /// <summary>The window as a further parameter or argument, where layers differ; what declares it, or nothing.</summary>
    public static string Window(Visibility visible, string type = "") => visible.IsMixed ? $"{type}window, " : "";

    /// <summary>Positions from the beginning of the first block that the token at a position sees anything of, up to itself.</summary>
    public static string VisibleTo(Visibility visible, string position) =>
        $"VisibleTo({(visible.IsMixed ? "WindowOf(layer), " : "")}{position})";

    /// <summary>The block of an item, counted from the first that the token at a position sees anything of.</summary>
    public static string Block(Visibility visible, string item, string position) =>
        visible.Forgets ? $"FirstBlock({Window(visible)}{position}) + ({item})" : item;

    /// <summary>Where the first block of a tile of tokens begins, the first of them at a position.</summary>
    public static string FirstBlockBegin(Visibility visible, string position) => FirstMultiple(visible, position, "BlockPositions");

    /// <summary>The first position that another sees, rounded down to a multiple.</summary>
    public static string FirstMultiple(Visibility visible, string position, string multiple) =>
        visible.Forgets ? $"Math.Max(0, {position} + 1 - {Length(visible)}) / {multiple} * {multiple}" : "0";

    /// <summary>
    /// The condition that no token from a position on sees anything of the block that begins at another; empty where that cannot be.
    /// </summary>
    public static string OutOfSight(Visibility visible, string begin, string position) =>
        visible.Forgets ? $" || {begin} + BlockPositions <= {position} + 1 - {Length(visible)}" : "";

    /// <summary>Of so many positions up to itself a token does not see the first: their number.</summary>
    public static string Hidden(Visibility visible, string seen) =>
        visible.Forgets ? $"Math.Max(0, {seen} - {Length(visible)})" : "0";

    /// <summary>
    /// Writes the statement that masks what has gone out of sight of a row of scores, of so many positions up to the token.
    /// </summary>
    public static void WriteMask(SourceWriter writer, Visibility visible, string scores, string seen, string padded)
    {
        if (visible.Forgets)
            writer.Line($"Mask({scores}, 0, Math.Min({padded}, {seen} - {Length(visible)}));");
    }

    /// <summary>Writes the members that the other texts refer to.</summary>
    public static void WriteMembers(SourceWriter writer, Visibility visible, string layerPattern)
    {
        string window = Window(visible, "int "), passed = Window(visible);
        string hidden = visible.Forgets ? $" - (FirstBlock({passed}position) * BlockPositions)" : "";
        writer.Line("// Positions from the beginning of the first block that the token at a position sees anything of, up to itself.");
        writer.Line($"private static int VisibleTo({window}int position) => unchecked(position + 1{hidden});");
        writer.Line();
        if (visible.Forgets)
        {
            writer.Line("// The first block of the cache of which the token at a position sees anything.");
            writer.Line($"private static int FirstBlock({window}int position) => "
                + $"unchecked(Math.Max(0, position + 1 - {Length(visible)}) / BlockPositions);");
            writer.Line();
        }

        if (layerPattern.Length == 0)
            return;
        writer.Line("// How layers differ: L with the window, G without, N without rotary embedding too; again and again.");
        writer.Line($"private static BytesReadOnlySpan LayerKinds => \"{layerPattern}\"u8;");
        writer.Line();
        if (!visible.IsMixed)
            return;
        writer.Line("// Positions that a layer's tokens see.");
        writer.Line("private static int WindowOf(int layer) => "
            + "unchecked(LayerKinds[layer % LayerKinds.Length] == (byte)'L' ? SlidingWindow : Context);");
        writer.Line();
    }

    private static string Length(Visibility visible) => visible.IsMixed ? "window" : "SlidingWindow";
}
