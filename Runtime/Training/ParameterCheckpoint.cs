using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>
/// The weights of a model in training as they were at one moment, as a checkpoint: an engine loads it from memory, and the tools write it
/// to a file. It holds a copy, so training may go on.
/// </summary>
public sealed unsafe class ParameterCheckpoint : Checkpoint
{
    private readonly Dictionary<string, Parameter> _byName;
    private readonly NativeBuffer _memory;

    /// <summary>Copies the weights.</summary>
    /// <param name="shape">The model's hyperparameters.</param>
    /// <param name="layout">How its query and key rows pair up.</param>
    /// <param name="parameters">The weights.</param>
    /// <param name="name">What messages call it.</param>
    public ParameterCheckpoint(ModelShape shape, RopeLayout layout, ParameterSet parameters, string name = "trained weights")
    {
        ArgumentNullException.ThrowIfNull(shape);
        ArgumentNullException.ThrowIfNull(parameters);
        Shape = shape;
        RopeLayout = layout;
        Path = name;
        _byName = parameters.Items.ToDictionary(parameter => parameter.Name);
        long bytes = parameters.Count * sizeof(float);
        _memory = new NativeBuffer(bytes);
        Buffer.MemoryCopy(parameters.WeightData, _memory.Data, bytes, bytes);
    }

    /// <inheritdoc/>
    public override string Path { get; }

    /// <inheritdoc/>
    public override ModelShape Shape { get; }

    /// <inheritdoc/>
    internal override bool HasEngineRows => true;

    /// <inheritdoc/>
    public override RopeLayout RopeLayout { get; }

    /// <inheritdoc/>
    public override IReadOnlyCollection<string> CanonicalNames => _byName.Keys;

    /// <inheritdoc/>
    public override string KeyOf(string hyperparameter) => hyperparameter;

    /// <inheritdoc/>
    public override bool TryGetTensor(string name, out TensorView tensor)
    {
        bool found = _byName.TryGetValue(name, out Parameter? parameter);
        tensor = found
            ? new TensorView(name, TensorType.F32, parameter!.Rows, parameter.Columns, _memory.Data + (parameter.Offset * sizeof(float)),
                (long)parameter.Length * sizeof(float))
            : default;
        return found;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _memory.Dispose();
}
