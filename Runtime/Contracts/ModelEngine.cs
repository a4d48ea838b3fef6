using System;
using System.ComponentModel;
using System.IO;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>
/// What every generated engine shares: what callers may do and when, the conversation that is continued, and how its threads are set to
/// work. The generated class adds the weights, the buffers and the passes. Not for use by hand.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract unsafe class ModelEngine : CompiledEngine
{
    private readonly Checkpoint _checkpoint;
    private readonly LoadOptions _options;
    private readonly int[] _picked;
    private readonly int[] _rowPositions;
    private readonly nint[] _rowPages;
    private KvPool _pool = null!;
    private KvStorage _cache = null!;
    private string _weights = "";
    private WorkerTeam? _team;
    private bool _ownsCheckpoint;
    private Phase _phase;
    private bool _decodesRows;
    private CancellationToken _cancellation;
    private ILogitsReader? _reader;
    private int _first;

    /// <summary>An engine without threads.</summary>
    /// <param name="traits">What the class was compiled for.</param>
    /// <param name="checkpoint">The file that the weights are bound from, which is disposed with the last engine that was loaded from it.</param>
    /// <param name="options">How it is loaded and run.</param>
    /// <exception cref="PlatformNotSupportedException">The machine has none of the instruction sets that the class was compiled for.</exception>
    protected ModelEngine(EngineTraits traits, Checkpoint checkpoint, LoadOptions? options)
        : base(traits)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        _checkpoint = checkpoint;
        _options = options ?? new LoadOptions();
        ArgumentOutOfRangeException.ThrowIfLessThan(_options.Threads ?? 1, 1, nameof(_options.Threads));
        _picked = new int[traits.LogitRows];

        // Kernels look rows up in them.
        int rows = Math.Max(traits.PrefillChunk, traits.DecodeRows);
        _rowPositions = GC.AllocateArray<int>(rows, pinned: true);
        _rowPages = GC.AllocateArray<nint>(rows, pinned: true);
    }

    /// <summary>Closes the file of a model that nobody disposed; threads and memory see to themselves.</summary>
    ~ModelEngine()
    {
        if (_ownsCheckpoint)
            _checkpoint.Release();
    }

    /// <summary>Number of threads that run the model.</summary>
    public int Threads => Team.Size;

    /// <summary>Number of tokens in the current conversation.</summary>
    public int Position => _cache.Count;

    /// <summary>The tokens of the current conversation, valid until the next call.</summary>
    public ReadOnlySpan<int> Tokens => _cache.Tokens;

    /// <summary>
    /// The conversation that <see cref="Decode(int)"/> and Prefill continue. Setting another does not dispose the one before; one that was
    /// filled with other weights is refused.
    /// </summary>
    public KvStorage Cache
    {
        get => _cache;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            CheckLayout(value);
            Enter();
            try
            {
                value.Enter();
                try
                {
                    value.Claim(_weights);
                }
                finally
                {
                    value.Leave();
                }

                _cache = value;
            }
            finally
            {
                Leave();
            }
        }
    }

    /// <summary>Logits [VocabSize] after the last token of a pass that asked for them.</summary>
    protected abstract ReadOnlySpan<float> Logits { get; }

    /// <summary>How it is loaded and run.</summary>
    protected LoadOptions Options => _options;

    /// <summary>The threads.</summary>
    protected WorkerTeam Team => _team!;

    /// <summary>The pass under way: where the pages of the cache lie.</summary>
    protected byte** PassPages { get; private set; }

    /// <summary>The pass under way: the position of its first token.</summary>
    protected int PassStart { get; private set; }

    /// <summary>The pass under way: the position of each of its tokens in its conversation.</summary>
    protected int* RowPositions => (int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_rowPositions));

    /// <summary>The pass under way: where the pages of each token's conversation lie.</summary>
    protected byte*** RowPages => (byte***)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_rowPages));

    /// <summary>The pass under way: number of tokens.</summary>
    protected int PassTokens { get; private set; }

    /// <summary>The pass under way: number of layers.</summary>
    protected int PassLayers { get; private set; }

    /// <summary>The pass under way: whether the last token's logits are wanted.</summary>
    protected bool PassWantsLogits { get; private set; }

    /// <summary>Waits for the other threads of a pass of many tokens, and says to all alike whether it was cancelled.</summary>
    protected bool BarrierOrEnd(int rank) => Team.Barrier(rank == 0 && _cancellation.IsCancellationRequested);

    /// <summary>Where the logits of some tokens are wanted: their places in the pass before.</summary>
    protected ReadOnlySpan<int> Picked => _picked;

    /// <summary>Appends one token and returns the logits [VocabSize] for the next, valid until the next call.</summary>
    public ReadOnlySpan<float> Decode(int token) => Decode(_cache, token);

    /// <inheritdoc cref="ISharedModel.Decode(KvStorage, int)"/>
    public ReadOnlySpan<float> Decode(KvStorage conversation, int token)
    {
        CheckToken(token);
        Enter(conversation, 1, CancellationToken.None);
        try
        {
            Embed(token, 0);
            Run(conversation, [token], logits: true);
            conversation.KeepLogits(Logits);
        }
        finally
        {
            Leave(conversation);
        }

        return conversation.Logits;
    }

    /// <summary>Appends many tokens and returns the logits [VocabSize] after the last, valid until the next call.</summary>
    public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens, CancellationToken cancellation) =>
        Prefill(_cache, tokens, cancellation);

    /// <inheritdoc cref="ISharedModel.Prefill(KvStorage, ReadOnlySpan{int}, CancellationToken)"/>
    public ReadOnlySpan<float> Prefill(KvStorage conversation, scoped ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        Append(conversation, tokens, ClassTraits.PrefillChunk, null, cancellation);
        return conversation.Logits;
    }

    /// <summary>Appends many tokens and shows the logits [VocabSize] after each whose logits the reader wants.</summary>
    public void Prefill(scoped ReadOnlySpan<int> tokens, ILogitsReader reader, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Append(_cache, tokens, ClassTraits.PrefillChunk, reader, cancellation);
    }

    /// <summary>
    /// Appends some tokens, each as <see cref="Decode(int)"/> does it to the last bit, but with the weights read once for several, and shows the
    /// logits [VocabSize] after each whose logits the reader wants.
    /// </summary>
    public void DecodeRows(scoped ReadOnlySpan<int> tokens, ILogitsReader reader, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Append(_cache, tokens, ClassTraits.DecodeRows, reader, cancellation, decodesRows: true);
    }

    /// <inheritdoc cref="ISharedModel.DecodeRows"/>
    public void DecodeRows(scoped ReadOnlySpan<KvStorage> conversations, scoped ReadOnlySpan<int> tokens)
    {
        if (conversations.IsEmpty)
            throw new ArgumentException("There is no conversation to go on with.", nameof(conversations));
        if (conversations.Length != tokens.Length)
            throw new ArgumentException($"There are {conversations.Length} conversations, but {tokens.Length} tokens.", nameof(tokens));
        foreach (int token in tokens)
            CheckToken(token);
        int had = 0, done = 0;
        bool entered = false;
        try
        {
            for (; had < conversations.Length; had++)
                EnterConversation(conversations[had]);
            EnterInTurn(CancellationToken.None);
            entered = true;
            foreach (KvStorage conversation in conversations)
                MakeRoom(conversation, 1);
            _decodesRows = true;
            for (int count; done < tokens.Length; done += count)
            {
                count = Math.Min(tokens.Length - done, ClassTraits.DecodeRows);
                RunRows(conversations.Slice(done, count), tokens.Slice(done, count));
            }
        }
        catch
        {
            foreach (KvStorage conversation in conversations[..done])
                conversation.Cut(conversation.Count - 1);
            throw;
        }
        finally
        {
            foreach (KvStorage conversation in conversations[..had])
                conversation.Leave();
            if (entered)
                Leave();
        }
    }

    /// <summary>Forgets every token of the current conversation from <paramref name="count"/> on.</summary>
    public void Truncate(int count)
    {
        Enter();
        try
        {
            _cache.Truncate(count);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>An empty conversation.</summary>
    public KvStorage CreateCache()
    {
        ThrowIfDisposed();
        return new KvStorage(ClassTraits.Layout, _pool);
    }

    /// <inheritdoc cref="ISharedModel.LoadConversation"/>
    public KvStorage LoadCache(Stream source)
    {
        ArgumentNullException.ThrowIfNull(source);
        KvStorage cache = CreateCache();
        try
        {
            cache.Restore(source);
            cache.Claim(_weights);
            return cache;
        }
        catch
        {
            cache.Dispose();
            throw;
        }
    }

    /// <summary>A conversation that consists of one of the class's own prompts.</summary>
    public KvStorage CreateCache(BakedPrompt prompt, ReadOnlySpan<BakedPrompt> own)
    {
        CheckPrompt(prompt, own);
        KvStorage cache = CreateCache();
        try
        {
            prompt.CopyTo(_checkpoint, cache);
            return cache;
        }
        catch
        {
            cache.Dispose();
            throw;
        }
    }

    /// <summary>Makes the current conversation one that consists of one of the class's own prompts.</summary>
    public void Begin(BakedPrompt prompt, ReadOnlySpan<BakedPrompt> own)
    {
        CheckPrompt(prompt, own);
        KvStorage cache = _cache;
        Enter(cache, 0, CancellationToken.None);
        try
        {
            prompt.CopyTo(_checkpoint, cache);
        }
        finally
        {
            Leave(cache);
        }
    }

    private protected override string Kind => "model";

    private protected override void RunOn(int rank)
    {
        switch (_phase)
        {
            case Phase.Layers when PassTokens == 1:
                DecodeOn(rank);
                break;
            case Phase.Layers when _decodesRows:
                DecodeRowsOn(rank);
                break;
            case Phase.Layers:
                PrefillOn(rank);
                break;
            case Phase.Logits when _decodesRows:
                RowLogitsOn(rank);
                break;
            case Phase.Logits:
                LogitsOn(rank);
                break;
            default:
                ReadOn(rank);
                break;
        }
    }

    private protected override void End()
    {
        _team?.Dispose();
        Free();
        _checkpoint.Release();
        _cache.Dispose();
        _pool.Close();
    }

    /// <summary>Starts the threads: as many as were asked for, else as many as the model's size is worth.</summary>
    /// <param name="weightBytes">Bytes of weights that a token reads.</param>
    /// <param name="barriers">Barriers that a token passes.</param>
    /// <param name="weights">What tells the weights from others of the same shape.</param>
    /// <returns>Their number.</returns>
    protected int Start(long weightBytes, int barriers, string weights)
    {
        _weights = weights;
        _team = new WorkerTeam(_options.Threads ?? WorkerTeam.SizeFor(weightBytes, barriers));
        _pool = new KvPool(ClassTraits.Layout, _options.CacheMemory ?? DefaultCacheMemory(weightBytes));
        _cache = CreateCache();
        return _team.Size;
    }

    /// <summary>
    /// Passes through one layer, with so many tokens at once and with one, so that the first token finds all code compiled.
    /// </summary>
    protected void WarmUp(int tokens)
    {
        PassLayers = 1;
        if (tokens > 0)
            Prefill(stackalloc int[tokens], CancellationToken.None);
        Decode(0);
        Truncate(0);
        PassLayers = ClassTraits.Shape.Layers;

        // Last of all: a load that fails leaves the checkpoint as it was.
        _checkpoint.Hold();
    }

    /// <summary>Nobody else knows of the checkpoint: it goes with the engine, even if that is never disposed.</summary>
    protected void OwnCheckpoint() => _ownsCheckpoint = true;

    /// <summary>Writes a token's embedding to a row of the residual stream.</summary>
    protected abstract void Embed(int token, int row);

    /// <summary>One thread's share of the pass of one token.</summary>
    protected abstract void DecodeOn(int rank);

    /// <summary>One thread's share of the pass of many tokens.</summary>
    protected abstract void PrefillOn(int rank);

    /// <summary>One thread's share of the pass of a few tokens, each summed as alone.</summary>
    protected abstract void DecodeRowsOn(int rank);

    /// <summary>One thread's share of the logits of the picked tokens of the pass before.</summary>
    protected abstract void LogitsOn(int rank);

    /// <summary>The same, of a few tokens, each summed as alone.</summary>
    protected abstract void RowLogitsOn(int rank);

    /// <summary>The logits [VocabSize] of a picked token.</summary>
    protected abstract ReadOnlySpan<float> LogitRow(int picked);

    private void Append(
        KvStorage cache,
        scoped ReadOnlySpan<int> tokens,
        int atOnce,
        ILogitsReader? reader,
        CancellationToken cancellation,
        bool decodesRows = false)
    {
        if (tokens.IsEmpty)
            throw new ArgumentException($"There is no token to {(decodesRows ? "decode" : "prefill")}.", nameof(tokens));
        foreach (int token in tokens)
            CheckToken(token);
        Enter(cache, tokens.Length, cancellation);
        int start = cache.Count;
        _decodesRows = decodesRows;
        _cancellation = cancellation;
        try
        {
            for (int first = 0; first < tokens.Length; first += atOnce)
            {
                cancellation.ThrowIfCancellationRequested();
                int count = Math.Min(tokens.Length - first, atOnce);
                for (int i = 0; i < count; i++)
                    Embed(tokens[first + i], i);
                Run(cache, tokens.Slice(first, count), logits: reader is null && first + count == tokens.Length);
                if (reader is not null)
                    Show(reader, first, count);
            }

            if (reader is null)
                cache.KeepLogits(Logits);
        }
        catch
        {
            cache.Cut(start);
            throw;
        }
        finally
        {
            _cancellation = default;
            Leave(cache);
        }
    }

    // The tokens of the last pass, the place of whose first in the batch is given, a few at a time.
    private void Show(ILogitsReader reader, int first, int count)
    {
        _reader = reader;
        _first = first;
        try
        {
            for (int token = 0; token < count;)
            {
                int picked = 0;
                for (; token < count && picked < _picked.Length; token++)
                {
                    if (reader.Wants(first + token))
                        _picked[picked++] = token;
                }

                if (picked == 0)
                    break;

                // Two jobs rather than a barrier: a reader may throw.
                PassTokens = picked;
                _phase = Phase.Logits;
                Team.Run(this);
                _cancellation.ThrowIfCancellationRequested();
                _phase = Phase.Reading;
                Team.Run(this);
            }
        }
        finally
        {
            _phase = Phase.Layers;
            _reader = null;
        }
    }

    // A token of each conversation. One alone is decoded as ever.
    private void RunRows(scoped ReadOnlySpan<KvStorage> conversations, scoped ReadOnlySpan<int> tokens)
    {
        for (int row = 0; row < tokens.Length; row++)
            Embed(tokens[row], row);
        if (tokens.Length == 1)
        {
            Run(conversations[0], tokens, logits: true);
            conversations[0].KeepLogits(Logits);
            return;
        }

        for (int row = 0; row < tokens.Length; row++)
            SetRow(row, conversations[row], conversations[row].Count);
        PassTokens = tokens.Length;
        PassWantsLogits = false;
        Team.Run(this);
        for (int row = 0; row < tokens.Length; row++)
            conversations[row].Append(tokens.Slice(row, 1));
        _phase = Phase.Logits;
        try
        {
            for (int first = 0; first < tokens.Length; first += PassTokens)
            {
                PassTokens = Math.Min(tokens.Length - first, _picked.Length);
                for (int picked = 0; picked < PassTokens; picked++)
                    _picked[picked] = first + picked;
                Team.Run(this);
                for (int picked = 0; picked < PassTokens; picked++)
                    conversations[first + picked].KeepLogits(LogitRow(picked));
            }
        }
        finally
        {
            _phase = Phase.Layers;
        }

        GC.KeepAlive(this);
        foreach (KvStorage conversation in conversations)
            GC.KeepAlive(conversation);
    }

    private void SetRow(int row, KvStorage conversation, int position)
    {
        _rowPositions[row] = position;
        _rowPages[row] = (nint)conversation.Pages;
    }

    private void ReadOn(int rank)
    {
        (int begin, int end) = WorkerTeam.Share(PassTokens, rank, Team.Size);
        for (int picked = begin; picked < end; picked++)
            _reader!.Read(_first + _picked[picked], LogitRow(picked));
    }

    private void Run(KvStorage cache, scoped ReadOnlySpan<int> tokens, bool logits)
    {
        PassPages = cache.Pages;
        PassStart = cache.Count;
        PassTokens = tokens.Length;
        PassWantsLogits = logits;
        for (int row = 0; row < tokens.Length; row++)
            SetRow(row, cache, cache.Count + row);
        Team.Run(this);

        // Threads may have left a pass that was cancelled half-way.
        _cancellation.ThrowIfCancellationRequested();
        cache.Append(tokens);

        // Kernels see pointers alone: an engine or a cache that nobody refers to any more must not be finalised under them.
        GC.KeepAlive(this);
        GC.KeepAlive(cache);
    }

    // The conversation comes first: a second call with one is refused rather than made to wait.
    private void Enter(KvStorage conversation, int tokens, CancellationToken cancellation)
    {
        EnterConversation(conversation);
        bool entered = false;
        try
        {
            EnterInTurn(cancellation);
            entered = true;
            MakeRoom(conversation, tokens);
        }
        catch
        {
            conversation.Leave();
            if (entered)
                Leave();
            throw;
        }
    }

    private void EnterConversation(KvStorage conversation)
    {
        ArgumentNullException.ThrowIfNull(conversation);
        ThrowIfDisposed();
        CheckLayout(conversation);
        conversation.Enter();
    }

    private void CheckLayout(KvStorage conversation)
    {
        if (conversation.Layout != ClassTraits.Layout)
        {
            throw new ModelMismatchException(
                $"The KV cache is of \"{conversation.Layout.Model}\", and this class is \"{ClassTraits.Layout.Model}\".");
        }
    }

    // Room is looked at by whoever has the engine and the conversation: another call could come in between.
    private void MakeRoom(KvStorage conversation, int tokens)
    {
        conversation.Claim(_weights);
        if (tokens > ClassTraits.Layout.Capacity - conversation.Count)
        {
            throw new ContextFullException(
                $"{conversation.Count} of Context = {ClassTraits.Layout.Capacity} positions are filled, and {tokens} more tokens do not fit.");
        }

        conversation.Reserve(tokens);
    }

    private void Leave(KvStorage conversation)
    {
        conversation.Leave();
        Leave();
    }

    private long DefaultCacheMemory(long weightBytes) => Math.Max(
        ClassTraits.Layout.Pages(ClassTraits.Layout.Capacity) * ClassTraits.Layout.PageBytes,
        ClassTraits.CacheMemory ?? (GC.GetGCMemoryInfo().TotalAvailableMemoryBytes - weightBytes));

    private void CheckToken(int token)
    {
        if ((uint)token >= (uint)ClassTraits.Shape.VocabSize)
            throw new ArgumentOutOfRangeException(
                nameof(token), token, $"The vocabulary has {ClassTraits.Shape.VocabSize} tokens, 0 to {ClassTraits.Shape.VocabSize - 1}.");
    }

    private static void CheckPrompt(BakedPrompt prompt, ReadOnlySpan<BakedPrompt> own)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (own.IndexOf(prompt) < 0)
            throw new ArgumentException($"The prompt {prompt.Name} is another class's.", nameof(prompt));
    }

    private enum Phase
    {
        Layers,
        Logits,
        Reading,
    }
}
