using System;
using System.CommandLine;
using System.CommandLine.Help;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Commands;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Output;
using Llamalith.Contracts;

namespace Llamalith.Cli;

/// <summary>The command line: which verbs there are, and what becomes of errors.</summary>
internal static class Tool
{
    private const int Failed = 1;
    private const int Interrupted = 130;

    /// <summary>When the command line began to be run (<see cref="Stopwatch.GetTimestamp"/>).</summary>
    public static long Started { get; private set; }

    /// <summary>Runs one command line.</summary>
    /// <param name="args">The words after the tool's name.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="engines">Where engines come from; default: the cache of this user, and the compiler.</param>
    /// <param name="cancellation">Ends it early.</param>
    /// <returns>The exit code: 0; 1 with one line on standard error where the user can help; 130 where it was interrupted.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, EngineBuilder? engines = null, CancellationToken cancellation = default)
    {
        Started = Stopwatch.GetTimestamp();
        EngineBuilder builder = engines ?? EngineBuilder.Create(error.WriteLine);
        RootCommand root = new("Compiles any Llama model into an engine of its own, and runs, measures and converts it.")
        {
            InspectCommand.Create(),
            RunCommand.Create(builder),
            ChatCommand.Create(builder),
            BenchCommand.Create((request, stop) => BenchEngine.CompileAsync(builder, request, stop)),
            TokenizeCommand.Create(),
            TemplateCommand.Create(),
            ConstrainCommand.Create(),
            PerplexityCommand.Create(builder),
            LogitsCommand.Create(builder),
            TuneCommand.Create(builder),
            QuantizeCommand.Create(),
            PackCommand.Create(),
            RandomCommand.Create(),
            InitCommand.Create(),
            DumpSourceCommand.Create(),
            ChartCommand.Create(),
            PeerCommand.Create(),
            PeerWorkerCommand.Create(),
        };
        // Words that begin with @ are words: what others wrote must not become options.
        ParserConfiguration parsing = new() { ResponseFileTokenReplacer = null };
        ParseResult parsed = root.Parse(args.Length == 0 ? ["--help"] : TextOptions.Bind(args), parsing);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
        {
            // Of an unknown verb it is first said that a verb is missing, which helps nobody.
            string complaint = parsed.UnmatchedTokens.Count > 0 ? $"'{parsed.UnmatchedTokens[0]}' is neither a verb nor an option here" : parsed.Errors[0].Message.TrimEnd('.');
            string verb = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
            return Fail(error, $"{complaint}. `llamalith {verb}--help` says more.");
        }

        try
        {
            InvocationConfiguration console = new()
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeToStop(parsed.CommandResult.Command),
            };
            return await parsed.InvokeAsync(console, cancellation);
        }
        catch (Exception e) when (e is CliException or ModelFormatException or ModelMismatchException or ContextFullException
            or IOException or UnauthorizedAccessException or PlatformNotSupportedException or OutOfMemoryException)
        {
            return Fail(error, e.Message);
        }
        catch (OperationCanceledException)
        {
            return Interrupted;
        }
        finally
        {
            ProgressBars.GiveCursorBack(error);
        }
    }

    // What Ctrl+C leaves the work to end by itself: for files to be removed where the disk is busy; else for a pass through the model, which may take
    // longer, but has nothing to lose.
    private static TimeSpan? TimeToStop(Command verb) =>
        verb is InteractiveCommand ? null : TimeSpan.FromSeconds(verb is WritingCommand ? 20 : 2);

    private static int Fail(TextWriter error, string message)
    {
        error.WriteLine("error: " + string.Join(' ', message.Split('\n').Select(line => line.Trim())));
        return Failed;
    }
}
