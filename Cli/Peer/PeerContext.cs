using System;
using System.Globalization;

namespace Llamalith.Cli.Peer;

/// <summary>One sequence's KV cache in llama.cpp, with the thread pool that runs it.</summary>
internal sealed unsafe class PeerContext : IDisposable
{
    // The struct is filled by the library; this is several times its size.
    private const int ThreadPoolParamsRoom = 4096;

    private readonly PeerModel model;
    private readonly LlamaCpp api;
    private nint context;
    private nint threadPool;

    /// <summary>Makes the cache and starts the threads.</summary>
    /// <exception cref="CliException">llama.cpp refuses, or made something else than was asked for.</exception>
    public PeerContext(PeerModel model, PeerOptions options, bool flashAttention)
    {
        this.model = model;
        api = model.Api;
        Capacity = options.Context;
        FlashAttention = flashAttention;

        LlamaContextParams asked = LlamaCppLayout.ContextDefaults;
        asked.Context = (uint)options.Context;
        asked.Batch = (uint)options.Batch;
        asked.MicroBatch = (uint)options.MicroBatch;
        asked.Threads = options.Threads;
        asked.BatchThreads = options.Threads;
        asked.FlashAttention = flashAttention ? 1 : 0;
        asked.KeyType = (int)options.Cache;
        asked.ValueType = (int)options.Cache;
        LlamaCppLog.TakeReason();
        context = api.ContextInit(model.Handle, asked);
        if (context == 0)
        {
            throw new CliException(
                $"llama.cpp cannot make a context of {options.Context} positions for {model.Path}{LlamaCppLog.TakeReason()}");
        }

        try
        {
            Batch = VerifyAnswers(options);
            StartThreads(options.Threads);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Positions that were asked for; llama.cpp rounds up, which is not used.</summary>
    public int Capacity { get; }

    /// <summary>Whether attention is computed in one pass over the cache.</summary>
    public bool FlashAttention { get; }

    /// <summary>Tokens that one call takes.</summary>
    public int Batch { get; }

    /// <summary>Tokens in the cache.</summary>
    public int Position { get; private set; }

    /// <summary>Appends tokens and returns the logits after the last, valid until the next call.</summary>
    public ReadOnlySpan<float> Append(scoped ReadOnlySpan<int> tokens)
    {
        ObjectDisposedException.ThrowIf(context == 0, this);
        if (tokens.IsEmpty)
            throw new ArgumentException("There is no token.", nameof(tokens));
        if (tokens.Length > Capacity - Position)
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{tokens.Length} tokens do not fit behind {Position} into a cache of {Capacity} positions."), nameof(tokens));
        foreach (int token in tokens)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(token, nameof(tokens));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, model.VocabSize, nameof(tokens));
        }

        fixed (int* first = tokens)
        {
            for (int done = 0; done < tokens.Length;)
            {
                int count = Math.Min(Batch, tokens.Length - done);
                int status = api.Decode(context, new LlamaBatch { Count = count, Tokens = first + done });
                if (status != 0)
                {
                    throw new CliException(
                        $"llama.cpp's decode failed with status {status} at position {Position}{LlamaCppLog.TakeReason()}");
                }

                done += count;
                Position += count;
            }
        }

        float* logits = api.LogitsOf(context, -1);
        if (logits is null)
            throw new CliException($"llama.cpp has no logits at position {Position}{LlamaCppLog.TakeReason()}");
        return new ReadOnlySpan<float>(logits, model.VocabSize);
    }

    /// <summary>Forgets every token from <paramref name="count"/> on.</summary>
    public void Truncate(int count)
    {
        ObjectDisposedException.ThrowIf(context == 0, this);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Position);
        nint memory = api.ContextMemory(context);
        if (count == 0)
            api.MemoryClear(memory, 0);
        else if (api.MemoryRemove(memory, 0, count, -1) == 0)
            throw new CliException($"llama.cpp cannot cut its cache of {Position} positions down to {count}{LlamaCppLog.TakeReason()}");
        Position = count;
    }

    /// <summary>Puts the threads to sleep. The next call wakes them.</summary>
    public void Rest()
    {
        ObjectDisposedException.ThrowIf(context == 0, this);
        api.ThreadPoolPause(threadPool);
    }

    public void Dispose()
    {
        if (context != 0)
            api.ContextFree(context);
        if (threadPool != 0)
            api.ThreadPoolFree(threadPool);
        context = 0;
        threadPool = 0;
    }

    /// <summary>Asks back what was passed by value: a second proof, after the layout's, that it arrived where it should.</summary>
    private int VerifyAnswers(PeerOptions options)
    {
        Verify("n_ctx", api.ContextSize(context) >= options.Context, options.Context, api.ContextSize(context));
        Verify("n_threads", api.ContextThreads(context) == options.Threads, options.Threads, api.ContextThreads(context));
        int batch = (int)Math.Min(api.ContextBatch(context), int.MaxValue);
        int micro = (int)Math.Min(api.ContextMicroBatch(context), int.MaxValue);

        // Both are cut to the context where that is smaller.
        Verify("n_batch", batch > 0 && batch <= options.Batch, options.Batch, batch);
        Verify("n_ubatch", micro > 0 && micro <= Math.Min(options.MicroBatch, batch), options.MicroBatch, micro);
        return batch;

        void Verify(string name, bool good, long asked, long got)
        {
            if (!good)
            {
                throw new CliException(
                    $"{api.Libraries.Llama}: {name} = {asked} was asked for, but llama.cpp took {got}: another build than the known one.");
            }
        }
    }

    /// <summary>Without a pool of its own, llama.cpp starts its threads anew for every token, which its own programs never do.</summary>
    private void StartThreads(int threads)
    {
        byte* parameters = stackalloc byte[ThreadPoolParamsRoom];
        new Span<byte>(parameters, ThreadPoolParamsRoom).Clear();
        api.ThreadPoolParamsInit(parameters, threads);
        threadPool = api.ThreadPoolNew(parameters);
        if (threadPool == 0)
            throw new CliException($"llama.cpp cannot start {threads} threads{LlamaCppLog.TakeReason()}");
        api.AttachThreadPool(context, threadPool, threadPool);
    }
}
