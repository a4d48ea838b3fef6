using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Threading;
using Llamalith.Cli.Output;
using Llamalith.Packer.Compilation;
using Llamalith.Tuner;

namespace Llamalith.Cli.Compilation;

/// <summary>Gets engines: from the cache, else from the compiler, and then into the cache.</summary>
/// <param name="cache">Where engines are kept; null for nowhere.</param>
/// <param name="version">Says what makes engines: one that another version made is not used.</param>
/// <param name="notice">Told, in one line, what did not go as it should but does no harm.</param>
internal sealed class EngineBuilder(EngineCache? cache, Func<string> version, Action<string>? notice = null)
{
    // Whatever may change what is compiled, or whether it fits: the generator, the contracts, this tool, the framework.
    private static readonly string[] s_parts = ["Llamalith.Generator", "Llamalith.Runtime", "Llamalith.Attributes", "llamalith"];

    /// <summary>Takes lines about what does no harm but may matter to the user.</summary>
    public Action<string>? Notice => notice;

    // Whether the cache was found wanting, and the user told.
    private bool _isRefused;

    /// <summary>Engines that had to be compiled.</summary>
    public int Compilations { get; private set; }

    /// <summary>
    /// What makes engines in this process. Assemblies are asked for by name, since to touch a type of the generator's would load the
    /// compiler.
    /// </summary>
    public static string CurrentVersion
    {
        get
        {
            StringBuilder version = new(Environment.Version.ToString());
            foreach (string part in s_parts)
                version.Append(' ').Append(Assembly.Load(new AssemblyName(part)).ManifestModule.ModuleVersionId);
            return version.ToString();
        }
    }

    /// <summary>A builder as the verbs use it.</summary>
    public static EngineBuilder Create(Action<string> notice) =>
        new(CacheFolder.Find("engines", Environment.GetEnvironmentVariable) is { } folder ? new EngineCache(folder) : null,
            () => CurrentVersion, notice);

    /// <summary>The engine of a class.</summary>
    /// <param name="model">The class.</param>
    /// <param name="bars">Shows that a compilation is under way.</param>
    /// <param name="cancellation">Stops the compiler.</param>
    /// <exception cref="CliException">The class breaks one of the generator's rules.</exception>
    public Engine Get(ModelClass model, ProgressBars bars, CancellationToken cancellation = default)
    {
        string source = ModelClassWriter.WriteFile(model);
        string entry = Engine.EntrySource(model);
        string key = KeyOf(source, entry, MachineIsa.HasAvxVnni ? "with AVX-VNNI" : "");
        if (TryRead(key) is { } kept)
            return Engine.FromImage(kept);
        byte[] image = bars.Wait("compiling", () => Compile(key, source, entry, cancellation));
        Compilations++;
        Keep(key, image);
        return Engine.FromImage(image);
    }

    /// <summary>The name under which the engine of these sources is kept.</summary>
    public string KeyOf(params ReadOnlySpan<string> sources)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(version()));
        foreach (string source in sources)
        {
            hash.AppendData([0]);
            hash.AppendData(Encoding.UTF8.GetBytes(source));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    // A method of its own, so that a cached start does not so much as look at the compiler.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte[] Compile(string key, string source, string entry, CancellationToken cancellation) =>
        EngineCompiler.Compile("engine-" + key[..16], [source, entry], cancellation);

    private byte[]? TryRead(string key)
    {
        try
        {
            return cache is not null && cache.TryRead(key, out byte[]? image) ? image : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notice?.Invoke($"Compiled engines cannot be read from {cache!.Folder}: {e.Message}");
            _isRefused = true;
            return null;
        }
    }

    private void Keep(string key, byte[] image)
    {
        if (cache is null)
        {
            notice?.Invoke("Compiled engines are not kept: neither XDG_CACHE_HOME nor HOME is set.");
            return;
        }

        if (_isRefused)
            return;
        try
        {
            cache.Write(key, image);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            notice?.Invoke($"Compiled engines cannot be kept in {cache.Folder}: {e.Message}");
            _isRefused = true;
        }
    }
}
