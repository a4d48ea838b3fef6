namespace Llamalith.Benchmarks.Targets;

/// <summary>One promise and what was measured.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Measured">The median, with its unit.</param>
/// <param name="Baseline">What it is compared with, measured in the same run; empty where there is nothing.</param>
/// <param name="Target">What is promised.</param>
/// <param name="IsMet">Whether it is kept; null for a figure that is only told.</param>
internal sealed record TargetRow(string Name, string Measured, string Baseline, string Target, bool? IsMet);
