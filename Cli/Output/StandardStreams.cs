using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace Llamalith.Cli.Output;

/// <summary>
/// Standard input, output and error as this process was given them. One that was closed stays closed, even where the runtime has opened a
/// file or pipe of its own under its number since: nothing must be written there.
/// </summary>
internal static partial class StandardStreams
{
    private const int InputNumber = 0, OutputNumber = 1, ErrorNumber = 2;

    // Of fcntl.h: the same on Linux, macOS and the BSDs.
    private const int GetDescriptorFlags = 1;
    private const int CloseOnExec = 1;

    // Of poll.h, likewise: an error, nobody at the other end, no such descriptor.
    private const short NobodyListens = 0x08 | 0x10 | 0x20;

    /// <summary>
    /// Has whatever writes to the console, libraries included, write through a guard: of results on the output, of notices on the error.
    /// </summary>
    public static void Guard()
    {
        if (OperatingSystem.IsWindows())
            Console.OutputEncoding = Encoding.UTF8;
        Console.SetOut(new ResultWriter(IsOpen(OutputNumber) ? Console.Out : new ClosedWriter()));
        Console.SetError(new NoticeWriter(IsOpen(ErrorNumber) ? Console.Error : TextWriter.Null));
    }

    /// <summary>
    /// Whether anyone may still read standard output. The framework hides that a pipe's reader has gone: what is written then goes nowhere.
    /// </summary>
    public static bool OutputHasReader
    {
        get
        {
            if (OperatingSystem.IsWindows())
                return true;
            PollDescriptor output = new() { Descriptor = OutputNumber };
            return Poll(ref output, 1, 0) <= 0 || (output.Happened & NobodyListens) == 0;
        }
    }

    /// <summary>Opens standard input to read bytes.</summary>
    /// <exception cref="CliException">It is closed.</exception>
    public static Stream OpenInput() => IsOpen(InputNumber)
        ? Console.OpenStandardInput() : throw new CliException("Standard input is closed, so nothing can be read from it.");

    // A descriptor that was inherited has lived through an exec; what the runtime opens would not.
    private static bool IsOpen(int descriptor) => OperatingSystem.IsWindows()
        || (FileControl(descriptor, GetDescriptorFlags) is var flags && flags >= 0 && (flags & CloseOnExec) == 0);

    [LibraryImport("libc", EntryPoint = "fcntl")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FileControl(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Wanted;
        public short Happened;
    }

    private sealed class ClosedWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new IOException("It is closed.");

        public override void Write(ReadOnlySpan<char> buffer) => throw new IOException("It is closed.");
    }
}
