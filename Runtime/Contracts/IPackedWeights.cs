namespace Llamalith.Contracts;

/// <summary>Weights that lie in panels already: binding them is looking them up.</summary>
internal unsafe interface IPackedWeights
{
    /// <summary>A vector padded with zeros.</summary>
    /// <exception cref="ModelMismatchException">It is missing, or has another length.</exception>
    float* Vector(string name, int length);

    /// <summary>A matrix [rows, columns].</summary>
    /// <exception cref="ModelMismatchException">It is missing, or has another shape.</exception>
    PackedMatrix Matrix(string name, int rows, int columns);

    /// <summary>Two matrices [rows, columns] whose rows a kernel combines pairwise.</summary>
    /// <exception cref="ModelMismatchException">They are missing, have another shape, or are not paired.</exception>
    PackedMatrix Pair(string first, string second, int rows, int columns);
}
