namespace Llamalith.Generation;

/// <summary>How likely a token was.</summary>
/// <param name="Token">The token.</param>
/// <param name="LogProb">The natural logarithm of its probability in the model's own distribution.</param>
public readonly record struct TokenLogProb(int Token, float LogProb);
