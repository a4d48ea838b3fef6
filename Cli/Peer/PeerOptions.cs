namespace Llamalith.Cli.Peer;

/// <summary>Element types of llama.cpp's KV cache. The values are GGML's type ids.</summary>
internal enum PeerCacheFormat
{
    /// <summary>32-bit float.</summary>
    F32 = 0,

    /// <summary>16-bit float, its default.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 int8 with a scale. Needs flash attention.</summary>
    Q8_0 = 8,
}

/// <summary>How the peer runs a model.</summary>
internal sealed record PeerOptions
{
    /// <summary>Threads, the caller's included, for prompts and for decoding.</summary>
    public required int Threads { get; init; }

    /// <summary>Positions that the KV cache must have.</summary>
    public required int Context { get; init; }

    /// <summary>Element type of the KV cache.</summary>
    public PeerCacheFormat Cache { get; init; } = PeerCacheFormat.F16;

    /// <summary>Flash attention on or off; null tries both and keeps the faster.</summary>
    public bool? FlashAttention { get; init; }

    /// <summary>How flash attention is chosen where it was not said.</summary>
    public PeerTrial Trial { get; init; } = new();

    /// <summary>Tokens that go through the network at once.</summary>
    public int MicroBatch { get; init; } = 512;

    /// <summary>Tokens that one call takes at most; longer prompts are cut.</summary>
    public int Batch { get; init; } = 2048;
}

/// <summary>The work on which flash attention on and off are compared: what will be measured, in small.</summary>
internal sealed record PeerTrial
{
    /// <summary>Tokens in the cache beforehand.</summary>
    public int Depth { get; init; }

    /// <summary>Tokens of the prompt.</summary>
    public int Prompt { get; init; } = 64;

    /// <summary>Tokens decoded.</summary>
    public int Decode { get; init; } = 16;
}
