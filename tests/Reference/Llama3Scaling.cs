namespace Llamalith.Reference;

/// <summary>The numbers of Llama 3.1's rope scaling that <see cref="Contracts.ModelShape"/> does not carry.</summary>
public sealed record Llama3Scaling(double LowFrequencyFactor = 1, double HighFrequencyFactor = 4, int OriginalContext = 8192);
