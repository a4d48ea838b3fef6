using System.CommandLine;
using System.IO;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Peer;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith peer`: finds or installs llama.cpp and says what it is; with a model, measures it alone.</summary>
internal static class PeerCommand
{
    public static Command Create()
    {
        Argument<string?> file =
            new Argument<string?>("FILE") { Description = "A GGUF file to measure.", Arity = ArgumentArity.ZeroOrOne }.RejectEmpty();
        BenchOptions options = new();
        Command command =
            new("peer",
                "Find or install llama.cpp, which `bench --peer` measures beside, and say which one runs here; with FILE, measure it "
                    + "alone.") { file };
        options.AddTo(command);
        command.SetAction(async (result, cancellation) =>
        {
            InvocationConfiguration console = result.InvocationConfiguration;
            if (result.GetValue(file) is not string path)
                return await DescribeAsync(console.Output, console.Error, cancellation);
            BenchRequest request = options.Read(result, path);
            BenchSession.Check(request);
            BenchSession.Run(request, [await BenchSession.PeerAsync(request, console.Error, cancellation)], console, cancellation);
            return 0;
        });
        return command;
    }

    private static async Task<int> DescribeAsync(TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        PeerLibraries libraries =
            await new PeerInstaller(PeerPackage.Current, PeerEnvironment.Current).FindOrInstallAsync(error.WriteLine, cancellation);
        LlamaCpp api = LlamaCpp.Open(libraries);
        await output.WriteLineAsync($"llama.cpp {api.Version}");
        await output.WriteLineAsync($"folder    {libraries.Folder}");
        await output.WriteLineAsync(
            $"CPU       {api.CpuVariant}{(libraries.CpuVariants.Count > 0 ? " of " + string.Join(' ', libraries.CpuVariants) : "")}");
        return 0;
    }
}
