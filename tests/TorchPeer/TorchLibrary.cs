using System;
using System.IO;
using System.Runtime.InteropServices;
using TorchSharp;

namespace Llamalith.TorchPeer;

/// <summary>Loads libtorch, or says why it cannot.</summary>
public static class TorchLibrary
{
    private static readonly Lazy<string?> s_obstacle = new(Load);

    /// <summary>Why there is no libtorch here; null where there is one.</summary>
    public static string? Obstacle => s_obstacle.Value;

    private static string? Load()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            return "libtorch is referenced for linux-x64 only.";
        string path = Path.Combine(AppContext.BaseDirectory, "runtimes", "linux-x64", "native", "libLibTorchSharp.so");
        if (!File.Exists(path))
            return $"There is no {path}.";
        try
        {
            if (!NativeLibrary.TryLoad(path, out _))
                StandardLibrarySymbol.Replace(path);
            torch.set_num_threads(1);
            return null;
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or InvalidDataException or NotSupportedException)
        {
            return "libtorch cannot be loaded: " + (e.InnerException ?? e).Message.Split('\n')[0];
        }
    }
}
