using System;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;

namespace Llamalith.Cli.Peer;

/// <summary>
/// llama.cpp's plain C API, loaded into this process once and verified. Pointers are opaque handles; the functions keep their C
/// names' order of arguments.
/// </summary>
internal sealed unsafe class LlamaCpp
{
    private static readonly Lock Gate = new();
    private static LlamaCpp? opened;

    private LlamaCpp(PeerLibraries libraries)
    {
        Libraries = libraries;
        nint ggmlBase = Load(libraries.Base);
        nint ggml = Load(libraries.Ggml);
        nint llama = Load(libraries.Llama);

        ((delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<int, byte*, void*, void>, void*, void>)Export(
            ggmlBase, "ggml_log_set"))(LlamaCppLog.Callback, null);
        ((delegate* unmanaged[Cdecl]<delegate* unmanaged[Cdecl]<int, byte*, void*, void>, void*, void>)Export(
            llama, "llama_log_set"))(LlamaCppLog.Callback, null);

        LlamaCppLayout.VerifyModelParams(
            (delegate* unmanaged[Cdecl]<byte*, byte*>)Export(llama, "llama_model_default_params"), libraries.Llama);
        LlamaCppLayout.VerifyContextParams(
            (delegate* unmanaged[Cdecl]<byte*, byte*>)Export(llama, "llama_context_default_params"), libraries.Llama);
        LlamaCppLayout.VerifyBatch(
            (delegate* unmanaged[Cdecl]<byte*, int*, int, byte*>)Export(llama, "llama_batch_get_one"), libraries.Llama);

        ModelLoad = (delegate* unmanaged[Cdecl]<byte*, LlamaModelParams, nint>)Export(llama, "llama_model_load_from_file");
        ModelFree = (delegate* unmanaged[Cdecl]<nint, void>)Export(llama, "llama_model_free");
        ModelVocabulary = (delegate* unmanaged[Cdecl]<nint, nint>)Export(llama, "llama_model_get_vocab");
        VocabularySize = (delegate* unmanaged[Cdecl]<nint, int>)Export(llama, "llama_vocab_n_tokens");
        TokenizeText = (delegate* unmanaged[Cdecl]<nint, byte*, int, int*, int, byte, byte, int>)Export(llama, "llama_tokenize");
        TokenToPiece = (delegate* unmanaged[Cdecl]<nint, int, byte*, int, int, byte, int>)Export(llama, "llama_token_to_piece");
        ContextInit = (delegate* unmanaged[Cdecl]<nint, LlamaContextParams, nint>)Export(llama, "llama_init_from_model");
        ContextFree = (delegate* unmanaged[Cdecl]<nint, void>)Export(llama, "llama_free");
        ContextSize = (delegate* unmanaged[Cdecl]<nint, uint>)Export(llama, "llama_n_ctx");
        ContextBatch = (delegate* unmanaged[Cdecl]<nint, uint>)Export(llama, "llama_n_batch");
        ContextMicroBatch = (delegate* unmanaged[Cdecl]<nint, uint>)Export(llama, "llama_n_ubatch");
        ContextThreads = (delegate* unmanaged[Cdecl]<nint, int>)Export(llama, "llama_n_threads");
        ContextMemory = (delegate* unmanaged[Cdecl]<nint, nint>)Export(llama, "llama_get_memory");
        AttachThreadPool = (delegate* unmanaged[Cdecl]<nint, nint, nint, void>)Export(llama, "llama_attach_threadpool");
        MemoryClear = (delegate* unmanaged[Cdecl]<nint, byte, void>)Export(llama, "llama_memory_clear");
        MemoryRemove = (delegate* unmanaged[Cdecl]<nint, int, int, int, byte>)Export(llama, "llama_memory_seq_rm");
        Decode = (delegate* unmanaged[Cdecl]<nint, LlamaBatch, int>)Export(llama, "llama_decode");
        LogitsOf = (delegate* unmanaged[Cdecl]<nint, int, float*>)Export(llama, "llama_get_logits_ith");

        ((delegate* unmanaged[Cdecl]<void>)Export(llama, "llama_backend_init"))();
        fixed (byte* folder = Utf8(libraries.Folder))
            ((delegate* unmanaged[Cdecl]<byte*, void>)Export(ggml, "ggml_backend_load_all_from_path"))(folder);
        if (((delegate* unmanaged[Cdecl]<nuint>)Export(ggml, "ggml_backend_dev_count"))() == 0)
        {
            throw new CliException(
                $"{libraries.Folder}: none of llama.cpp's CPU variants runs on this processor{LlamaCppLog.TakeReason()}.");
        }

        Version = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<byte*>)Export(llama, "llama_version"))()) ?? "";
        CpuLibrary = FindLoadedCpuLibrary(libraries.Folder);
        nint cpu = Load(CpuLibrary);
        ThreadPoolParamsInit = (delegate* unmanaged[Cdecl]<byte*, int, void>)Export(ggmlBase, "ggml_threadpool_params_init");
        ThreadPoolNew = (delegate* unmanaged[Cdecl]<byte*, nint>)Export(cpu, "ggml_threadpool_new");
        ThreadPoolFree = (delegate* unmanaged[Cdecl]<nint, void>)Export(cpu, "ggml_threadpool_free");
        ThreadPoolPause = (delegate* unmanaged[Cdecl]<nint, void>)Export(cpu, "ggml_threadpool_pause");
    }

    /// <summary>Where it was loaded from.</summary>
    public PeerLibraries Libraries { get; }

    /// <summary>Its version.</summary>
    public string Version { get; }

    /// <summary>The CPU backend that it chose for this processor.</summary>
    public string CpuLibrary { get; }

    /// <summary>That backend's name: zen4, haswell...; cpu for a build with only one.</summary>
    public string CpuVariant =>
        Path.GetFileNameWithoutExtension(CpuLibrary) is string name && name.StartsWith("libggml-cpu-", StringComparison.Ordinal)
        ? name["libggml-cpu-".Length..]
        : "cpu";

    public delegate* unmanaged[Cdecl]<byte*, LlamaModelParams, nint> ModelLoad { get; }

    public delegate* unmanaged[Cdecl]<nint, void> ModelFree { get; }

    public delegate* unmanaged[Cdecl]<nint, nint> ModelVocabulary { get; }

    public delegate* unmanaged[Cdecl]<nint, int> VocabularySize { get; }

    public delegate* unmanaged[Cdecl]<nint, byte*, int, int*, int, byte, byte, int> TokenizeText { get; }

    public delegate* unmanaged[Cdecl]<nint, int, byte*, int, int, byte, int> TokenToPiece { get; }

    public delegate* unmanaged[Cdecl]<nint, LlamaContextParams, nint> ContextInit { get; }

    public delegate* unmanaged[Cdecl]<nint, void> ContextFree { get; }

    public delegate* unmanaged[Cdecl]<nint, uint> ContextSize { get; }

    public delegate* unmanaged[Cdecl]<nint, uint> ContextBatch { get; }

    public delegate* unmanaged[Cdecl]<nint, uint> ContextMicroBatch { get; }

    public delegate* unmanaged[Cdecl]<nint, int> ContextThreads { get; }

    public delegate* unmanaged[Cdecl]<nint, nint> ContextMemory { get; }

    public delegate* unmanaged[Cdecl]<nint, nint, nint, void> AttachThreadPool { get; }

    public delegate* unmanaged[Cdecl]<nint, byte, void> MemoryClear { get; }

    public delegate* unmanaged[Cdecl]<nint, int, int, int, byte> MemoryRemove { get; }

    public delegate* unmanaged[Cdecl]<nint, LlamaBatch, int> Decode { get; }

    public delegate* unmanaged[Cdecl]<nint, int, float*> LogitsOf { get; }

    public delegate* unmanaged[Cdecl]<byte*, int, void> ThreadPoolParamsInit { get; }

    public delegate* unmanaged[Cdecl]<byte*, nint> ThreadPoolNew { get; }

    public delegate* unmanaged[Cdecl]<nint, void> ThreadPoolFree { get; }

    public delegate* unmanaged[Cdecl]<nint, void> ThreadPoolPause { get; }

    /// <summary>Loads the libraries, or returns what is loaded already: a process has one llama.cpp.</summary>
    /// <exception cref="CliException">It cannot be loaded, or is another build than the known one.</exception>
    public static LlamaCpp Open(PeerLibraries libraries)
    {
        lock (Gate)
        {
            if (opened is not null && opened.Libraries.Folder != libraries.Folder)
            {
                throw new CliException(
                    $"llama.cpp was loaded from {opened.Libraries.Folder} already, so it cannot be loaded from {libraries.Folder}.");
            }

            return opened ??= new LlamaCpp(libraries);
        }
    }

    /// <summary>A string as C wants it.</summary>
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static nint Load(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (DllNotFoundException e)
        {
            throw new CliException($"{path} cannot be loaded: {e.Message}", e);
        }
    }

    private nint Export(nint library, string name) => NativeLibrary.TryGetExport(library, name, out nint address)
        ? address
        : throw new CliException(
            $"{Libraries.Folder} is another build of llama.cpp than the one this tool can call: it has no function {name}.");

    /// <summary>It tries every variant and keeps one; which one, the process's memory map tells.</summary>
    private static string FindLoadedCpuLibrary(string folder)
    {
        foreach (string line in File.ReadLines("/proc/self/maps"))
        {
            int path = line.IndexOf('/', StringComparison.Ordinal);
            if (path >= 0 && Path.GetFileName(line.AsSpan(path)).StartsWith("libggml-cpu", StringComparison.Ordinal))
                return line[path..];
        }

        throw new CliException($"{folder}: llama.cpp loaded none of its CPU variants{LlamaCppLog.TakeReason()}.");
    }
}
