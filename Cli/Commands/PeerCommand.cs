using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Peer;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith peer`: finds or installs llama.cpp, and says what it is.</summary>
internal static class PeerCommand
{
    public static Command Create()
    {
        Option<bool> verbose = new("--verbose") { Description = "Let llama.cpp log to standard error." };
        Command command = new("peer", "Find llama.cpp, which `bench --peer` measures beside, or install it; say which one runs here.") { verbose };
        command.SetAction((result, cancellation) => RunAsync(
            result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, result.GetValue(verbose), cancellation));
        return command;
    }

    private static async Task<int> RunAsync(TextWriter output, TextWriter error, bool verbose, CancellationToken cancellation)
    {
        LlamaCppLog.Verbose = verbose;
        PeerInstaller installer = new(PeerPackage.Current, PeerEnvironment.Current);
        PeerLibraries libraries = await installer.FindOrInstallAsync(error.WriteLine, cancellation);
        LlamaCpp api = LlamaCpp.Open(libraries);
        await output.WriteLineAsync($"llama.cpp {api.Version}");
        await output.WriteLineAsync($"folder    {libraries.Folder}");
        await output.WriteLineAsync($"CPU       {api.CpuVariant}{(libraries.CpuVariants.Count > 0 ? " of " + string.Join(' ', libraries.CpuVariants) : "")}");
        return 0;
    }
}
