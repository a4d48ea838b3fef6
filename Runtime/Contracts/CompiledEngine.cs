using System;
using System.ComponentModel;
using System.Threading;

namespace Llamalith.Contracts;

/// <summary>
/// What a generated engine and its trainer share: one call at a time, disposal that waits for it, and that no engine is disposed by what it
/// runs. Not for use by hand.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public abstract class CompiledEngine : ITeamJob, IDisposable
{
    // The engine that this thread runs. With those around it, a reader of whose logits runs it, it may not be waited for.
    [ThreadStatic]
    private static CompiledEngine? t_running;

    private CompiledEngine? _outer;
    private int _busy;
    private bool _disposed;

    /// <summary>An engine of that class, or its trainer.</summary>
    /// <exception cref="PlatformNotSupportedException">The machine has none of the instruction sets that the class was compiled for.</exception>
    protected CompiledEngine(EngineTraits traits)
    {
        ArgumentNullException.ThrowIfNull(traits);
        traits.EnsureSupported();
        ClassTraits = traits;
    }

    /// <summary>What the class was compiled for.</summary>
    private protected EngineTraits ClassTraits { get; }

    /// <summary>What a call is made to, for messages.</summary>
    private protected abstract string Kind { get; }

    /// <summary>Waits for the call under way, then ends the threads and frees all memory.</summary>
    /// <exception cref="InvalidOperationException">The caller is run by it, as a reader of its logits or a loss is.</exception>
    public void Dispose()
    {
        if (IsRunByThis)
            throw new InvalidOperationException($"A {Kind} cannot be disposed by what it runs, such as a reader of logits.");
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
            wait.SpinOnce();
        try
        {
            if (_disposed)
                return;
            _disposed = true;
            End();
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Runs one thread's share of the job under way.</summary>
    void ITeamJob.Execute(int rank)
    {
        CompiledEngine? before = t_running;
        t_running = this;
        try
        {
            RunOn(rank);
        }
        finally
        {
            t_running = before;
        }
    }

    /// <summary>Begins a call; every one that was begun is to be ended by <see cref="Leave"/>.</summary>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    /// <exception cref="InvalidOperationException">Another call is under way.</exception>
    private protected void Enter()
    {
        if (!TryEnter())
            throw new InvalidOperationException($"Another call to this {Kind} is under way; use one {Kind} for each thread.");
    }

    /// <summary>Begins a call after the one under way. What an engine runs would wait for itself, and is refused instead.</summary>
    /// <exception cref="OperationCanceledException">Cancelled while it waited.</exception>
    /// <inheritdoc cref="Enter"/>
    private protected void EnterInTurn(CancellationToken cancellation)
    {
        SpinWait wait = default;
        while (!TryEnter())
        {
            if (t_running is not null)
                throw new InvalidOperationException($"Another call to this {Kind} is under way, and what an engine runs cannot wait for it.");
            cancellation.ThrowIfCancellationRequested();
            wait.SpinOnce();
        }
    }

    private bool TryEnter()
    {
        ThrowIfDisposed();
        if (Interlocked.Exchange(ref _busy, 1) != 0)
            return false;

        // Disposal is looked at again by whoever holds the engine: it could have come in between.
        if (_disposed)
        {
            Volatile.Write(ref _busy, 0);
            ThrowIfDisposed();
        }

        _outer = t_running;
        t_running = this;
        return true;
    }

    /// <summary>Ends a call, on the thread that began it.</summary>
    private protected void Leave()
    {
        t_running = _outer;
        _outer = null;
        Volatile.Write(ref _busy, 0);
    }

    private protected void ThrowIfDisposed()
    {
        if (_disposed)
            throw ClassTraits.Disposed();
    }

    /// <summary>One thread's share of the job under way.</summary>
    private protected abstract void RunOn(int rank);

    /// <summary>Ends the threads and frees all memory, once.</summary>
    private protected abstract void End();

    /// <summary>Frees weights and buffers.</summary>
    protected abstract void Free();

    private bool IsRunByThis
    {
        get
        {
            for (CompiledEngine? engine = t_running; engine is not null; engine = engine._outer)
            {
                if (engine == this)
                    return true;
            }

            return false;
        }
    }
}
