using System;
using System.Collections.Generic;

namespace Llamalith.Extensions.AI;

/// <summary>How likely a token of an answer was.</summary>
/// <param name="Token">Its text; the name of a token that has none.</param>
/// <param name="Bytes">Its bytes, which need not be whole characters.</param>
/// <param name="LogProb">The natural logarithm of its probability in the model's own distribution, before any option of sampling.</param>
/// <param name="Top">The likeliest tokens at its place, the first one first; of these it is empty.</param>
public sealed record TokenLogProbability(string Token, ReadOnlyMemory<byte> Bytes, float LogProb, IReadOnlyList<TokenLogProbability> Top);
