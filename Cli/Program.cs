using System;
using System.CommandLine;
using System.IO;
using Llamalith.Cli;
using Llamalith.Cli.Commands;
using Llamalith.Contracts;

RootCommand root = new("Compiles any Llama model into an engine of its own, and runs, measures and converts it.")
{
    PeerCommand.Create(),
};

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception e) when (e is CliException or ModelFormatException or ModelMismatchException or IOException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    // What a shell reports for Ctrl+C.
    return 130;
}
