using System;
using System.Diagnostics;
using System.Text;

namespace Llamalith.Cli.Peer;

/// <summary>A model file loaded by llama.cpp: weights and tokenizer, which contexts share.</summary>
internal sealed unsafe class PeerModel : IDisposable
{
    private nint handle;

    private PeerModel(LlamaCpp api, string path, nint handle, double loadMilliseconds)
    {
        Api = api;
        Path = path;
        this.handle = handle;
        LoadMilliseconds = loadMilliseconds;
        Vocabulary = api.ModelVocabulary(handle);
        VocabSize = api.VocabularySize(Vocabulary);
    }

    public LlamaCpp Api { get; }

    public string Path { get; }

    /// <summary>Time that loading took.</summary>
    public double LoadMilliseconds { get; }

    /// <summary>Number of tokens.</summary>
    public int VocabSize { get; }

    /// <summary>The C API's pointer.</summary>
    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(handle == 0, this);
            return handle;
        }
    }

    private nint Vocabulary { get; }

    /// <summary>Loads a GGUF file as llama.cpp does by default: mapped, and repacked for this processor where it knows how.</summary>
    /// <exception cref="CliException">llama.cpp refuses it; the message carries its reason.</exception>
    public static PeerModel Load(LlamaCpp api, string path)
    {
        LlamaModelParams options = LlamaCppLayout.ModelDefaults;
        options.GpuLayers = 0;
        LlamaCppLog.TakeReason();
        long start = Stopwatch.GetTimestamp();
        nint model;
        fixed (byte* name = LlamaCpp.Utf8(path))
            model = api.ModelLoad(name, options);
        if (model == 0)
            throw new CliException($"llama.cpp cannot load {path}{LlamaCppLog.TakeReason()}");
        return new PeerModel(api, path, model, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    /// <summary>A text's tokens, as llama.cpp cuts it.</summary>
    /// <param name="text">Plain text; what looks like a control token is text, too.</param>
    /// <param name="addBos">Whether the model's usual first token is put in front.</param>
    public int[] Tokenize(string text, bool addBos)
    {
        ObjectDisposedException.ThrowIf(handle == 0, this);
        byte[] utf8 = Encoding.UTF8.GetBytes(text);

        // At worst every byte is a token, and a space three: it becomes a character of three bytes. One more space leads, and BOS.
        int[] tokens = new int[(3 * utf8.Length) + 4];
        int count;
        fixed (byte* bytes = utf8)
        fixed (int* room = tokens)
            count = Api.TokenizeText(Vocabulary, bytes, utf8.Length, room, tokens.Length, addBos ? (byte)1 : (byte)0, 0);
        if (count < 0)
            throw new CliException($"llama.cpp cut {utf8.Length} bytes of text into {-(long)count} tokens, more than it can have.");
        return tokens[..count];
    }

    /// <summary>A token's bytes as text shows them.</summary>
    public byte[] Piece(int token)
    {
        ObjectDisposedException.ThrowIf(handle == 0, this);
        Span<byte> room = stackalloc byte[256];
        int length;
        fixed (byte* bytes = room)
            length = Api.TokenToPiece(Vocabulary, token, bytes, room.Length, 0, 0);
        if (length < 0)
            throw new CliException($"llama.cpp's piece of token {token} has {-(long)length} bytes, more than {room.Length}.");
        return room[..length].ToArray();
    }

    public void Dispose()
    {
        if (handle != 0)
            Api.ModelFree(handle);
        handle = 0;
    }
}
