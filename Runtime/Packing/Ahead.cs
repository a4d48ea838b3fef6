using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Llamalith.Packing;

/// <summary>
/// Asks for memory ahead of its use. Packing walks along 32 rows at once, more streams than processors look ahead in, and most rows
/// end with their page: left alone it waits for memory half of the time.
/// </summary>
internal static unsafe class Ahead
{
    private const int Line = 64;

    // The other rows are read in between, which takes longer than memory does.
    private const int Distance = 2 * Line;

    /// <summary>
    /// Fetches the lines that come into reach as a row is read from here over so many bytes. The address may lie beyond the row's end.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fetch(byte* row, int bytes)
    {
        if (!Sse.IsSupported)
            return;
        for (int at = 0; at < bytes; at += Line)
            Sse.Prefetch0(row + Distance + at);
    }
}
