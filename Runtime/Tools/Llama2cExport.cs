using System;
using System.Collections.Generic;
using Llamalith.Contracts;
using Llamalith.Llama2c;

namespace Llamalith.Tools;

/// <summary>Writes any opened checkpoint as a llama2.c checkpoint of version 0: 32-bit floats behind a header of seven numbers.</summary>
public static class Llama2cExport
{
    private const double NormEps = 1e-5, RopeTheta = 10000;

    private static readonly Dictionary<Llama2cArray, string> s_names = new()
    {
        [Llama2cArray.TokenEmbedding] = TensorNames.TokenEmbedding,
        [Llama2cArray.AttentionNorm] = TensorNames.AttentionNorm,
        [Llama2cArray.Query] = TensorNames.Query,
        [Llama2cArray.Key] = TensorNames.Key,
        [Llama2cArray.Value] = TensorNames.Value,
        [Llama2cArray.AttentionOutput] = TensorNames.AttentionOutput,
        [Llama2cArray.FfnNorm] = TensorNames.FfnNorm,
        [Llama2cArray.Gate] = TensorNames.Gate,
        [Llama2cArray.Down] = TensorNames.Down,
        [Llama2cArray.Up] = TensorNames.Up,
        [Llama2cArray.FinalNorm] = TensorNames.FinalNorm,
        [Llama2cArray.Classifier] = TensorNames.Classifier,
    };

    /// <summary>Writes a model.</summary>
    /// <param name="source">The model, of any format; query and key rows are brought into llama2.c's order.</param>
    /// <param name="path">The file to write. It appears when it is complete, in place of one that was there.</param>
    /// <exception cref="ModelMismatchException">The model has something that the format cannot say; the message names both sides.</exception>
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
            string name = s_names[array];
            bool global = array is Llama2cArray.TokenEmbedding or Llama2cArray.FinalNorm or Llama2cArray.Classifier;
            if (!source.TryGetTensor(global ? name : TensorNames.OfLayer(layer, name), out TensorView tensor))
                throw new ModelMismatchException($"{source.Path}: the tensor {name} is missing.");
            fixed (float* to = values)
                WeightReader.ReadRow(tensor, array is Llama2cArray.Query or Llama2cArray.Key ? order.Source(row) : row, 0, values.Length, to);
        }));
    }

    private static void CheckExpressible(ModelShape shape)
    {
        Require(shape.HeadDim * shape.Heads == shape.Dim, $"HeadDim = {shape.HeadDim}", $"Dim / Heads = {shape.Dim / shape.Heads}");
        Require(shape.QkvBias != true, "QkvBias = true", "no biases");
        Require(shape.SlidingWindow is null or 0, $"SlidingWindow = {shape.SlidingWindow}", "no window");
        Require(shape.RopeScaling is null or RopeScaling.None, $"RopeScaling = {shape.RopeScaling}", "no scaling");
        Require(shape.RopeTheta is null or RopeTheta, FormattableString.Invariant($"RopeTheta = {shape.RopeTheta}"), "10000");
        Require(shape.NormEps is null || Math.Abs(shape.NormEps.Value - NormEps) < 1e-9, FormattableString.Invariant($"NormEps = {shape.NormEps}"), "1e-5");

        static void Require(bool holds, string model, string format)
        {
            if (!holds)
                throw new ModelMismatchException($"A llama2.c checkpoint has {format}, but the model has {model}.");
        }
    }
}
