using System.Collections.Generic;
using System.Runtime.InteropServices;
using Llamalith.Contracts;

namespace Llamalith.Tests.Tools;

/// <summary>A checkpoint of 32-bit floats in memory, of no file format at all.</summary>
internal sealed unsafe class MemoryCheckpoint(ModelShape shape, RopeLayout layout) : Checkpoint
{
    private readonly Dictionary<string, TensorView> _tensors = [];
    private readonly List<GCHandle> _pins = [];

    public override string Path => "memory.bin";

    public override ModelShape Shape => shape;

    public override RopeLayout RopeLayout => layout;

    public override IReadOnlyCollection<string> CanonicalNames => _tensors.Keys;

    /// <summary>Adds a tensor, or puts another in its place.</summary>
    public void Put(string name, long rows, long columns, float[] elements)
    {
        Assert.Equal(rows * columns, elements.Length);
        GCHandle pin = GCHandle.Alloc(elements, GCHandleType.Pinned);
        _pins.Add(pin);
        _tensors[name] =
            new TensorView(name, TensorType.F32, rows, columns, (byte*)pin.AddrOfPinnedObject(), elements.Length * sizeof(float));
    }

    public void Remove(string name) => _tensors.Remove(name);

    public override string KeyOf(string hyperparameter) => hyperparameter;

    public override bool TryGetTensor(string name, out TensorView tensor) => _tensors.TryGetValue(name, out tensor);

    protected override void Dispose(bool disposing)
    {
        foreach (GCHandle pin in _pins)
            pin.Free();
        _pins.Clear();
    }
}
