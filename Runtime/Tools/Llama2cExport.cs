using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Llama2c;

namespace Llamalith.Tools;

/// <summary>Writes any opened checkpoint as a llama2.c checkpoint of version 0: 32-bit floats behind a header of seven numbers.</summary>
public static class Llama2cExport
{
    /// <summary>Writes a model.</summary>
    /// <param name="source">The model, of any format; query and key rows are brought into llama2.c's order.</param>
    /// <param name="path">The file to write. It appears when it is complete, in place of one that was there.</param>
    /// <exception cref="ModelMismatchException">The model has something that the format cannot say; the message names both
    /// sides.</exception>
    public static unsafe void Write(Checkpoint source, string path)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(path);
        ModelShape shape = source.Shape;
        CheckExpressible(shape);
        Llama2cHeader header = new()
        {
            Version = 0,
            Dim = shape.Dim,
            FfnDim = shape.FfnDim,
            Layers = shape.Layers,
            Heads = shape.Heads,
            KvHeads = shape.KvHeads,
            VocabSize = shape.VocabSize,
            Context = shape.Context,
            SharedClassifier = shape.TiedEmbeddings,
        };
        RowOrder order = RowOrder.Between(source.RopeLayout, RopeLayout.Interleaved, shape.HeadDim);
        AtomicFile.Write(path, stream => Llama2cWriter.Write(stream, header, (array, layer, row, values) =>
        {
            LayerTensor? ofLayer = Llama2cNames.OfLayers.GetValueOrDefault(array);
            string name = ofLayer is null ? Llama2cNames.Global[array] : TensorNames.OfLayer(layer, ofLayer.Stored);
            if (!source.TryGetTensor(name, out TensorView tensor))
                throw new ModelMismatchException($"{source.Path}: the tensor {name} is missing.");
            fixed (float* to = values)
                WeightReader.ReadRow(tensor, ofLayer is { IsRotated: true } ? order.Source(row) : row, 0, values.Length, to);
        }));
    }

    private static void CheckExpressible(ModelShape shape)
    {
        if (shape.HeadDim * shape.Heads != shape.Dim)
            throw Unlike($"HeadDim = {shape.HeadDim}", $"Dim / Heads = {shape.Dim / shape.Heads}");
        foreach (ShapeProperty property in ShapeProperties.All.Where(property => property.Llama2c is null && property.IsUsedBy(shape)))
        {
            if (property.ValueIn(shape) is { } value && property.DefaultIn(shape) is { } only && !ShapeProperty.Same(value, only))
                throw Unlike($"{property.Name} = {value}", $"{property.Name} = {only}");
        }

        static ModelMismatchException Unlike(FormattableString model, FormattableString format) =>
            new(FormattableString.Invariant($"A llama2.c checkpoint has {format}, but the model has {model}."));
    }
}
