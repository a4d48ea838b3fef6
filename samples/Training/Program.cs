using System;
using System.IO;
using Llamalith.Contracts;

namespace Llamalith.StoryTraining;

/// <summary>The command line: what goes wrong is one line.</summary>
internal static class Program
{
    private const int Failed = 1;

    public static int Main(string[] args)
    {
        try
        {
            return Commands.Root().Parse(args, new() { ResponseFileTokenReplacer = null })
                .Invoke(new() { EnableDefaultExceptionHandler = false });
        }
        catch (Exception error)
            when (error is StageException or ModelFormatException or ModelMismatchException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return Failed;
        }
    }
}
