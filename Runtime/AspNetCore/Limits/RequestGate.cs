using System;
using System.Threading;
using System.Threading.Tasks;

namespace Llamalith.AspNetCore.Limits;

/// <summary>So many requests run and so many wait; one more is sent away.</summary>
internal sealed class RequestGate(int mostRunning, int mostWaiting) : IDisposable
{
    private readonly SemaphoreSlim _places = new(mostRunning, mostRunning);
    private int _running, _waiting;

    public int Running => Volatile.Read(ref _running);

    public int Waiting => Volatile.Read(ref _waiting);

    public int MostRunning => mostRunning;

    /// <summary>Waits for a place, which disposing of the result gives back.</summary>
    /// <exception cref="ApiException">Too many wait.</exception>
    /// <exception cref="OperationCanceledException">The request ended while it waited.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellation)
    {
        if (!_places.Wait(0, CancellationToken.None))
        {
            if (Interlocked.Increment(ref _waiting) > mostWaiting)
            {
                Interlocked.Decrement(ref _waiting);
                throw new ApiException(
                    429, $"{mostRunning} requests are being answered and {mostWaiting} wait, which is all that this server takes.",
                    code: "rate_limit_exceeded") { RetryAfter = 1 };
            }
            try
            {
                await _places.WaitAsync(cancellation).ConfigureAwait(false);
            }
            finally
            {
                Interlocked.Decrement(ref _waiting);
            }
        }
        Interlocked.Increment(ref _running);
        return new Place(this);
    }

    public void Dispose() => _places.Dispose();

    private sealed class Place(RequestGate gate) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) != 0)
                return;
            Interlocked.Decrement(ref gate._running);
            gate._places.Release();
        }
    }
}
