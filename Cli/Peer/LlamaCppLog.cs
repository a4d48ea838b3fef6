using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Llamalith.Cli.Peer;

/// <summary>Where llama.cpp's log lines go: to standard error if wanted; its errors are kept, to say why a call failed.</summary>
internal static unsafe class LlamaCppLog
{
    private const int LevelError = 4;
    private const int LevelContinued = 5;

    private static readonly Lock Gate = new();
    private static readonly StringBuilder Errors = new();
    private static bool continuesError;

    /// <summary>Whether everything goes to standard error.</summary>
    public static bool Verbose { get; set; }

    /// <summary>The callback to register.</summary>
    public static delegate* unmanaged[Cdecl]<int, byte*, void*, void> Callback => &Receive;

    /// <summary>The first line of the errors since the last call, with a leading colon; empty where there is none.</summary>
    public static string TakeReason()
    {
        lock (Gate)
        {
            string[] lines = Errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            Errors.Clear();
            return lines.Length > 0 ? ": " + lines[0] : "";
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Receive(int level, byte* text, void* user)
    {
        string line = Marshal.PtrToStringUTF8((nint)text) ?? "";
        lock (Gate)
        {
            continuesError = level == LevelError || (level == LevelContinued && continuesError);
            if (continuesError && Errors.Length < 4096)
                Errors.Append(line);
            if (Verbose)
                Console.Error.Write(line);
        }
    }
}
