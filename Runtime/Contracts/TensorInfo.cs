namespace Llamalith.Contracts;

/// <summary>What a tensor is, without its elements.</summary>
/// <param name="Name">The name under which the file stores it (for messages).</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Rows">Number of rows; 1 of a vector.</param>
/// <param name="Columns">Elements in a row.</param>
/// <param name="ByteLength">Number of bytes.</param>
public readonly record struct TensorInfo(string Name, TensorType Type, long Rows, long Columns, long ByteLength);
