using System;
using System.Collections.Generic;

namespace Llamalith.Contracts;

/// <summary>
/// Trainable tensors and their gradients, in 32-bit floats: two blocks of memory in which the tensors follow each other without gaps,
/// row by row. Gradients that nothing adds to take no memory.
/// </summary>
public sealed unsafe class ParameterSet : IDisposable
{
    // Kernels read whole vectors: the last ones reach past the end by less than this.
    private const int SlackFloats = 64;

    private readonly Parameter[] _items;
    private readonly Dictionary<string, Parameter> _byName = [];
    private readonly NativeBuffer _weights;
    private readonly NativeBuffer _gradients;

    /// <summary>A set of zeros.</summary>
    /// <param name="tensors">Name, rows and columns of each tensor, in the order in which they are to lie.</param>
    public ParameterSet(IReadOnlyList<(string Name, int Rows, int Columns)> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        _items = new Parameter[tensors.Count];
        for (int i = 0; i < _items.Length; i++)
        {
            (string name, int rows, int columns) = tensors[i];
            ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1, nameof(tensors));
            ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1, nameof(tensors));
            _items[i] = new Parameter(name, rows, columns, Count);
            _byName.Add(name, _items[i]);
            Count += _items[i].Length;
        }

        _weights = new NativeBuffer((Count + SlackFloats) * sizeof(float), hugePages: true);
        _gradients = new NativeBuffer((Count + SlackFloats) * sizeof(float), hugePages: true);
    }

    /// <summary>All tensors, in the order in which they lie.</summary>
    public IReadOnlyList<Parameter> Items => _items;

    /// <summary>Number of elements of all tensors.</summary>
    public long Count { get; }

    /// <summary>The first weight of the first tensor.</summary>
    public float* WeightData => (float*)_weights.Data;

    /// <summary>The first gradient of the first tensor.</summary>
    public float* GradientData => (float*)_gradients.Data;

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public Parameter this[string name] => _byName.TryGetValue(name, out Parameter? parameter)
        ? parameter
        : throw new KeyNotFoundException($"There is no tensor {name} among the {_items.Length} trained ones.");

    /// <summary>Whether there is a tensor of that name.</summary>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>A tensor's weights [Rows, Columns], to be read or changed between passes.</summary>
    public Span<float> Weights(Parameter parameter)
    {
        Check(parameter);
        return new Span<float>(WeightData + parameter.Offset, parameter.Length);
    }

    /// <summary>A tensor's gradients [Rows, Columns]: what every backward pass since <see cref="ZeroGradients"/> added up.</summary>
    public Span<float> Gradients(Parameter parameter)
    {
        Check(parameter);
        return new Span<float>(GradientData + parameter.Offset, parameter.Length);
    }

    /// <summary>Sets all gradients to zero.</summary>
    public void ZeroGradients()
    {
        foreach (Parameter parameter in _items)
            Gradients(parameter).Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _weights.Dispose();
        _gradients.Dispose();
    }

    private void Check(Parameter parameter)
    {
        ArgumentNullException.ThrowIfNull(parameter);
        if (!_byName.TryGetValue(parameter.Name, out Parameter? mine) || mine != parameter)
        {
            throw new ArgumentException(
                $"{parameter.Name} [{parameter.Rows}, {parameter.Columns}] is no tensor of this set.", nameof(parameter));
        }
    }
}
