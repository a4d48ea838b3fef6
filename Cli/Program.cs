using System;
using System.CommandLine;
using Llamalith.Cli;
using Llamalith.Cli.Commands;

RootCommand root = new("Compiles any Llama model into an engine of its own, and runs, measures and converts it.")
{
    PeerCommand.Create(),
};

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (CliException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException)
{
    // What a shell reports for Ctrl+C.
    return 130;
}
