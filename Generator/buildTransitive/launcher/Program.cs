using System;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace Llamalith.Launcher;

/// <summary>
/// Becomes the best build of a program for this processor: of "app.avx512" and "app.avx2" beside it, where it is named "app". The
/// process stays the same, so arguments, environment, standard streams, signals and the exit code are the program's own.
/// LLAMALITH_TARGET asks for another build than the best.
/// </summary>
internal static unsafe partial class Program
{
    // As shells report a command that was found and could not be run.
    private const int CannotRun = 126;
    private const int Executable = 1;
    private const int MostBytesOfPath = 4096;
    private const int StandardError = 2;
    private const int BrokenPipe = 13;

    private static readonly (string Target, string Needs)[] s_builds = [("avx512", "AVX-512 (F, BW, DQ, VL)"), ("avx2", "AVX2 and FMA")];

    private static int Main()
    {
        byte[] self = new byte[MostBytesOfPath];
        nint length;
        fixed (byte* target = self)
            length = ReadLink("/proc/self/exe\0"u8, target, MostBytesOfPath);
        if (length is <= 0 or MostBytesOfPath)
            return Fail("the launcher cannot find its own path in /proc/self/exe.");
        ReadOnlySpan<byte> path = self.AsSpan(0, (int)length);

        string? asked = Asked();
        string present = "";
        foreach ((string target, string needs) in s_builds)
        {
            byte[] build = [.. path, (byte)'.', .. Encoding.ASCII.GetBytes(target), 0];
            if (Access(build, Executable) != 0)
                continue;
            present += $"{(present.Length == 0 ? "" : " or ")}{needs} (target {target})";
            if (asked is null ? IsSupported(target) : asked == target)
                return Become(build);
        }

        string name = Encoding.UTF8.GetString(path[(path.LastIndexOf((byte)'/') + 1)..]);
        if (present.Length == 0)
            return Fail($"{name}: none of its builds ({name}.avx512, {name}.avx2) lies beside it.");
        return Fail(asked is null
            ? $"{name} needs a processor with {present}; this one has none of it. A build for others needs LlamalithTargets=scalar."
            : $"{name}: LLAMALITH_TARGET = {asked}, but it is built for {present}.");
    }

    private static bool IsSupported(string target) => X86Base.IsSupported && (target == "avx512" ? Processor.HasAvx512 : Processor.HasAvx2);

    private static string? Asked()
    {
        byte* value = GetEnvironment("LLAMALITH_TARGET\0"u8);
        return value is null || *value == 0 ? null : Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(value));
    }

    // Returns only if it fails. The arguments are taken as bytes: file names need not be text.
    private static int Become(ReadOnlySpan<byte> build)
    {
        int file = Open("/proc/self/cmdline\0"u8, 0);
        byte[] line = new byte[MostBytesOfPath];
        int length = 0;
        while (file >= 0)
        {
            nint read;
            fixed (byte* to = line)
                read = Read(file, to + length, (nuint)(line.Length - length));
            if (read <= 0)
                break;
            length += (int)read;
            if (length == line.Length)
                Array.Resize(ref line, 2 * line.Length);
        }

        fixed (byte* arguments = line)
        {
            int count = line.AsSpan(0, length).Count((byte)0);
            byte** pointers = (byte**)NativeMemory.Alloc((nuint)count + 1, (nuint)sizeof(byte*));
            byte* next = arguments;
            for (int i = 0; i < count; i++)
            {
                pointers[i] = next;
                next += MemoryMarshal.CreateReadOnlySpanFromNullTerminated(next).Length + 1;
            }

            pointers[count] = null;

            // What the runtime ignores would stay ignored.
            Signal(BrokenPipe, 0);
            ExecuteProgram(build, pointers);
        }

        return Fail($"{Encoding.UTF8.GetString(build[..^1])} cannot be run (error {Marshal.GetLastSystemError()}).");
    }

    private static int Fail(string message)
    {
        byte[] line = Encoding.UTF8.GetBytes($"error: {message}\n");
        fixed (byte* bytes = line)
            Write(StandardError, bytes, (nuint)line.Length);
        return CannotRun;
    }

    [LibraryImport("libc", EntryPoint = "readlink")]
    private static partial nint ReadLink(ReadOnlySpan<byte> path, byte* to, nuint size);

    [LibraryImport("libc", EntryPoint = "access")]
    private static partial int Access(ReadOnlySpan<byte> path, int mode);

    [LibraryImport("libc", EntryPoint = "getenv")]
    private static partial byte* GetEnvironment(ReadOnlySpan<byte> name);

    [LibraryImport("libc", EntryPoint = "open")]
    private static partial int Open(ReadOnlySpan<byte> path, int flags);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int file, byte* to, nuint size);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(int file, byte* from, nuint size);

    [LibraryImport("libc", EntryPoint = "signal")]
    private static partial nint Signal(int signal, nint handler);

    // The environment is handed on as it is.
    [LibraryImport("libc", EntryPoint = "execv")]
    private static partial int ExecuteProgram(ReadOnlySpan<byte> path, byte** arguments);
}
