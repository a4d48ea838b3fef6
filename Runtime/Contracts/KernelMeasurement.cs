namespace Llamalith.Contracts;

/// <summary>How fast a candidate was when it was measured.</summary>
/// <param name="Kernel">The candidate.</param>
/// <param name="BytesPerSecond">Bytes of weights read in a second, by all threads together: the median.</param>
/// <param name="MultiplyAddsPerSecond">Multiply-adds in a second, likewise.</param>
/// <param name="IsChosen">Whether it runs.</param>
public sealed record KernelMeasurement(ProductKernel Kernel, double BytesPerSecond, double MultiplyAddsPerSecond, bool IsChosen);
