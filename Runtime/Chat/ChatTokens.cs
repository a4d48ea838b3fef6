using System;
using System.Collections.Generic;

namespace Llamalith.Chat;

/// <summary>A conversation as the tokens that a model reads.</summary>
/// <param name="Tokens">All tokens, BOS and EOS of every turn included.</param>
/// <param name="Answers">
/// For each answered turn, its answer with the EOS that ends it: what a model is trained to say. Everything else is prompt.
/// </param>
public sealed record ChatTokens(int[] Tokens, IReadOnlyList<Range> Answers);
