using Llamalith.Generator.Emission.Text;

namespace Llamalith.Generator.Emission.Model;

/// <summary>The part of Model.g.cs that callers meet: Decode and Prefill, what they check, and how threads are set to work.</summary>
internal static class CallsEmitter
{
    public static void Write(SourceWriter writer)
    {
        writer.Line("""
            /// <summary>Appends one token to the conversation and returns the logits [VocabSize] for the next, valid until the next call.</summary>
            public unsafe ReadOnlySpan<float> Decode(int token)
            {
                CheckToken(token);
                LlamalithContracts.KvStorage cache = Enter(1);
                try
                {
                    _weights.Embed(token, _scratch.X);
                    Run(cache, 1, head: true);
                }
                finally
                {
                    _busy = 0;
                }

                return new ReadOnlySpan<float>(_scratch.Logits, 0, VocabSize);
            }

            /// <summary>Appends many tokens and returns the logits [VocabSize] after the last, valid until the next call.</summary>
            public ReadOnlySpan<float> Prefill(scoped ReadOnlySpan<int> tokens, System.Threading.CancellationToken cancellation = default)
            {
                Append(tokens, null, cancellation);
                return new ReadOnlySpan<float>(_scratch.Logits, 0, VocabSize);
            }

            /// <summary>Appends many tokens and shows the logits [VocabSize] after each whose logits the reader wants.</summary>
            public void Prefill(scoped ReadOnlySpan<int> tokens, LlamalithContracts.ILogitsReader reader, System.Threading.CancellationToken cancellation = default)
            {
                ArgumentNullException.ThrowIfNull(reader);
                Append(tokens, reader, cancellation);
            }

            private unsafe void Append(scoped ReadOnlySpan<int> tokens, LlamalithContracts.ILogitsReader? reader, System.Threading.CancellationToken cancellation)
            {
                if (tokens.IsEmpty)
                    throw new ArgumentException("There is no token to prefill.", nameof(tokens));
                foreach (int token in tokens)
                    CheckToken(token);
                LlamalithContracts.KvStorage cache = Enter(tokens.Length);
                int start = cache.Count;
                try
                {
                    for (int first = 0; first < tokens.Length; first += PrefillChunk)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        int count = Math.Min(tokens.Length - first, PrefillChunk);
                        for (int i = 0; i < count; i++)
                            _weights.Embed(tokens[first + i], _scratch.X + (i * (long)DimStride));
                        Run(cache, count, head: reader is null && first + count == tokens.Length);
                        if (reader is not null)
                            Show(reader, first, count);
                    }
                }
                catch
                {
                    cache.Truncate(start);
                    throw;
                }
                finally
                {
                    _busy = 0;
                }
            }

            // The tokens of the last pass, the place of whose first in the batch is given, a few at a time.
            private void Show(LlamalithContracts.ILogitsReader reader, int first, int count)
            {
                _reader = reader;
                _first = first;
                try
                {
                    for (int token = 0; token < count;)
                    {
                        for (_tokens = 0; token < count && _tokens < LogitRowCount; token++)
                        {
                            if (reader.Wants(first + token))
                                _picked[_tokens++] = token;
                        }

                        if (_tokens == 0)
                            break;

                        // Two jobs rather than a barrier: a reader may throw.
                        _phase = Phase.Logits;
                        _team.Run(this);
                        _phase = Phase.Reading;
                        _team.Run(this);
                    }
                }
                finally
                {
                    _phase = Phase.Layers;
                    _reader = null;
                }
            }

            private static void CheckToken(int token)
            {
                if ((uint)token >= VocabSize)
                    throw new ArgumentOutOfRangeException(nameof(token), token, $"The vocabulary has {VocabSize} tokens, 0 to {VocabSize - 1}.");
            }

            private LlamalithContracts.KvStorage Enter(int tokens)
            {
                ObjectDisposedException.ThrowIf(_disposed, this);
                _cache.Storage.Claim(_weights.Identity);
                if (System.Threading.Interlocked.Exchange(ref _busy, 1) != 0)
                    throw new InvalidOperationException("Another call to this model is under way; use one model for each thread.");

                // The room is looked at by whoever holds the engine: another call could fill it in between.
                LlamalithContracts.KvStorage cache = _cache.Storage;
                if (tokens > Context - cache.Count)
                {
                    _busy = 0;
                    throw new LlamalithContracts.ContextFullException($"{cache.Count} of Context = {Context} positions are filled, and {tokens} more tokens do not fit.");
                }

                return cache;
            }

            private unsafe void Run(LlamalithContracts.KvStorage cache, int tokens, bool head)
            {
                _blocks = cache.Data;
                _position = cache.Count;
                _tokens = tokens;
                _head = head;
                _team.Run(this);
                cache.Append(tokens);

                // Kernels see pointers alone: an engine that nobody refers to any more must not be finalised under them.
                GC.KeepAlive(this);
            }

            void LlamalithContracts.ITeamJob.Execute(int rank)
            {
                if (_phase == Phase.Logits)
                    LogitsOn(rank);
                else if (_phase == Phase.Reading)
                    ReadOn(rank);
                else if (_tokens == 1)
                    DecodeOn(rank);
                else
                    PrefillOn(rank);
            }

            private enum Phase
            {
                Layers,
                Logits,
                Reading,
            }
            """);
    }
}
