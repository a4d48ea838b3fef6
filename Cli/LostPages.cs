using System;
using System.Runtime.InteropServices;
using System.Text;

namespace Llamalith.Cli;

/// <summary>
/// A clean end where a file that is mapped becomes shorter, or cannot be read any more. The system then sends SIGBUS to whoever touches a
/// page that is gone; the runtime would end with a stack trace and a core dump, and no managed code may handle it. So the handler is a few
/// instructions that write one line and leave: for Linux, on processors whose instructions are known here.
/// </summary>
internal static unsafe partial class LostPages
{
    private const int BusError = 7, OnAlternateStack = 0x08000000;
    private const int ReadWrite = 3, ReadExecute = 5, PrivateAnonymous = 0x22;
    private const int ExitCode = 1;

    private const string Message =
        "error: A file that is in use was shortened, or cannot be read any more (SIGBUS). Half-written files (*.partial) may be left.\n";

    /// <summary>Installs the handler, for the rest of the process; where that cannot be done, things are as without it.</summary>
    public static void Install()
    {
        if (!OperatingSystem.IsLinux()
            || HandlerCode(RuntimeInformation.ProcessArchitecture, Encoding.UTF8.GetByteCount(Message)) is not { } code)
        {
            return;
        }

        byte[] all = [.. code, .. Encoding.UTF8.GetBytes(Message)];
        byte* page = Map(null, (nuint)Environment.SystemPageSize, ReadWrite, PrivateAnonymous, -1, 0);
        if ((nint)page == -1)
            return;
        all.CopyTo(new Span<byte>(page, all.Length));
        if (Protect(page, (nuint)Environment.SystemPageSize, ReadExecute) != 0)
            return;
        Action action = new() { Handler = page, Flags = OnAlternateStack };
        _ = SignalAction(BusError, &action, null);
    }

    /// <summary>
    /// Instructions that write the so many bytes behind them to standard error and end the process; null for an unknown processor.
    /// </summary>
    private static byte[]? HandlerCode(Architecture architecture, int length) => architecture switch
    {
        // mov eax, 1 (write); mov edi, 2; lea rsi, [rip + 19]; mov edx, length; syscall; mov eax, 231 (exit_group); mov edi, 1; syscall
        Architecture.X64 =>
        [
            0xB8, 1, 0, 0, 0, 0xBF, 2, 0, 0, 0, 0x48, 0x8D, 0x35, 19, 0, 0, 0, 0xBA, .. BitConverter.GetBytes(length), 0x0F, 0x05,
            0xB8, 231, 0, 0, 0, 0xBF, ExitCode, 0, 0, 0, 0x0F, 0x05,
        ],

        // mov x8, 64 (write); mov x0, 2; adr x1, . + 24; mov x2, length; svc 0; mov x8, 94 (exit_group); mov x0, 1; svc 0
        Architecture.Arm64 => Words(0xD2800808, 0xD2800040, 0x100000C1, 0xD2800002 | ((uint)length << 5), 0xD4000001, 0xD2800BC8,
            0xD2800000 | (ExitCode << 5), 0xD4000001),
        _ => null,
    };

    private static byte[] Words(params ReadOnlySpan<uint> words) => MemoryMarshal.AsBytes(words).ToArray();

    // As glibc and musl have it on both processors.
    [StructLayout(LayoutKind.Sequential)]
    private struct Action
    {
        public byte* Handler;
        public fixed ulong Mask[16];
        public int Flags;
        public void* Restorer;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial byte* Map(void* address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "sigaction")]
    private static partial int SignalAction(int signal, Action* action, Action* before);
}
