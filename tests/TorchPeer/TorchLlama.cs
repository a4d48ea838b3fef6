using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Reference;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Parameter = Llamalith.Contracts.Parameter;

namespace Llamalith.TorchPeer;

/// <summary>Llama's forward pass in torch's own operations; torch finds the derivative by itself.</summary>
public sealed class TorchLlama : IDisposable
{
    private readonly ModelShape _shape;
    private readonly RopeLayout _layout;
    private readonly Dictionary<string, Tensor> _weights = [];
    private readonly optim.Optimizer _optimizer;
    private readonly Dictionary<int, (Tensor Cos, Tensor Sin, Tensor? Mask)> _tables = [];

    /// <summary>Copies a trainer's weights.</summary>
    public TorchLlama(ModelShape shape, RopeLayout layout, ParameterSet parameters)
    {
        _shape = shape;
        _layout = layout;
        foreach (Parameter parameter in parameters.Items)
        {
            long[] sizes = parameter.IsMatrix ? [parameter.Rows, parameter.Columns] : [parameter.Columns];
            _weights.Add(
                parameter.Name, tensor(parameters.Weights(parameter).ToArray(), sizes, requires_grad: true).DetachFromDisposeScope());
        }

        // As llama2.c groups them: what has one dimension does not decay.
        _optimizer = optim.AdamW(
            [
                new AdamW.ParamGroup(Of(matrices: true),
                    new AdamW.Options { LearningRate = 1e-3, beta1 = 0.9, beta2 = 0.95, eps = 1e-5, weight_decay = 0.1 }),
                new AdamW.ParamGroup(Of(matrices: false),
                    new AdamW.Options { LearningRate = 1e-3, beta1 = 0.9, beta2 = 0.95, eps = 1e-5, weight_decay = 0 }),
            ]);

        IEnumerable<TorchSharp.Modules.Parameter> Of(bool matrices)
        {
            foreach (string name in _weights.Keys.Where(name => _weights[name].dim() > 1 == matrices).ToArray())
            {
                TorchSharp.Modules.Parameter parameter = new(_weights[name], requires_grad: true);
                _weights[name] = parameter;
                yield return parameter;
            }
        }
    }

    /// <summary>The gradient of a tensor.</summary>
    public float[] Gradient(string name) => _weights[name].grad!.data<float>().ToArray();

    /// <summary>The mean over all targets of sequences of one length, and its gradients.</summary>
    /// <param name="tokens">[sequences, length].</param>
    /// <param name="targets">As many; -1 for none.</param>
    /// <param name="length">Tokens of a sequence.</param>
    public double Backward(int[] tokens, int[] targets, int length)
    {
        using IDisposable scope = NewDisposeScope();
        _optimizer.zero_grad();
        Tensor input = tensor(Array.ConvertAll(tokens, static token => (long)token), [tokens.Length / length, length]);
        Tensor logits = Logits(input);
        Tensor loss = nn.functional.cross_entropy(
            logits.view(-1, _shape.VocabSize), tensor(Array.ConvertAll(targets, static target => (long)target)), ignore_index: -1);
        loss.backward();
        return loss.item<float>();
    }

    /// <summary>One step of AdamW with gradients clipped to norm 1.</summary>
    public void Step(double learningRate)
    {
        using IDisposable scope = NewDisposeScope();
        nn.utils.clip_grad_norm_(_weights.Values.Cast<TorchSharp.Modules.Parameter>(), 1);
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = learningRate;
        _optimizer.step();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _optimizer.Dispose();
        foreach (Tensor weight in _weights.Values)
            weight.Dispose();
    }

    private Tensor Logits(Tensor tokens)
    {
        int length = (int)tokens.size(1);
        Tensor x = _weights[TensorNames.TokenEmbedding].index_select(0, tokens.flatten()).view(tokens.size(0), length, _shape.Dim);
        for (int layer = 0; layer < _shape.Layers; layer++)
        {
            Tensor normed = Norm(x, W(layer, LayerNames.AttentionNorm));
            Tensor q = Rotate(Heads(Project(normed, layer, LayerNames.Query, LayerNames.QueryBias), _shape.Heads), length);
            Tensor k = Rotate(Heads(Project(normed, layer, LayerNames.Key, LayerNames.KeyBias), _shape.KvHeads), length);
            Tensor v = Heads(Project(normed, layer, LayerNames.Value, LayerNames.ValueBias), _shape.KvHeads);
            int group = _shape.Heads / _shape.KvHeads;
            if (group > 1)
            {
                k = k.repeat_interleave(group, 1);
                v = v.repeat_interleave(group, 1);
            }

            Tensor? mask = Tables(length).Mask;
            Tensor attended = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask: mask, is_casual: mask is null);
            attended = attended.transpose(1, 2).reshape(tokens.size(0), length, _shape.QueryDim);
            x += nn.functional.linear(attended, W(layer, LayerNames.AttentionOutput));
            normed = Norm(x, W(layer, LayerNames.FfnNorm));
            Tensor hidden = nn.functional.silu(nn.functional.linear(normed, W(layer, LayerNames.Gate)))
                * nn.functional.linear(normed, W(layer, LayerNames.Up));
            x += nn.functional.linear(hidden, W(layer, LayerNames.Down));
        }

        return nn.functional.linear(Norm(x, _weights[TensorNames.FinalNorm]),
            _weights[_shape.TiedEmbeddings ? TensorNames.TokenEmbedding : TensorNames.Classifier]);
    }

    private Tensor Project(Tensor x, int layer, string weight, string bias) =>
        _shape.QkvBias == true ? nn.functional.linear(x, W(layer, weight), W(layer, bias)) : nn.functional.linear(x, W(layer, weight));

    // [batch, heads, length, HeadDim]
    private Tensor Heads(Tensor x, int heads) => x.view(x.size(0), x.size(1), heads, _shape.HeadDim).transpose(1, 2);

    private Tensor Norm(Tensor x, Tensor weight) => x * rsqrt(x.square().mean([-1], keepdim: true) + (_shape.NormEps ?? 1e-5)) * weight;

    private Tensor Rotate(Tensor x, int length)
    {
        (Tensor cos, Tensor sin, _) = Tables(length);
        int half = _shape.HeadDim / 2;
        bool interleaved = _layout == RopeLayout.Interleaved;
        long[] sizes = [x.size(0), x.size(1), x.size(2)];
        Tensor pairs = interleaved ? x.reshape([.. sizes, half, 2]) : x.reshape([.. sizes, 2, half]).transpose(-1, -2);
        Tensor a = pairs.select(-1, 0), b = pairs.select(-1, 1);
        return interleaved ? stack([(a * cos) - (b * sin), (a * sin) + (b * cos)], -1)
            .reshape([.. sizes, _shape.HeadDim]) : cat([(a * cos) - (b * sin), (a * sin) + (b * cos)], -1);
    }

    private Tensor W(int layer, string name) => _weights[TensorNames.OfLayer(layer, name)];

    private (Tensor Cos, Tensor Sin, Tensor? Mask) Tables(int length)
    {
        if (_tables.TryGetValue(length, out var tables))
            return tables;
        int half = _shape.HeadDim / 2;
        float[] cos = new float[length * half], sin = new float[length * half];
        for (int i = 0; i < cos.Length; i++)
        {
            (double s, double c) = Math.SinCos(i / half * Math.Pow(_shape.RopeTheta ?? 10000, -2.0 * (i % half) / _shape.HeadDim));
            (cos[i], sin[i]) = ((float)c, (float)s);
        }

        Tensor? mask = null;
        if (_shape.SlidingWindow is > 0 and int window && window < length)
        {
            bool[] seen =
                [.. Enumerable.Range(0, length * length).Select(i => i % length <= i / length && i % length > (i / length) - window)];
            mask = tensor(seen, [length, length]).DetachFromDisposeScope();
        }

        tables = (tensor(cos, [length, half]).DetachFromDisposeScope(), tensor(sin, [length, half]).DetachFromDisposeScope(), mask);
        _tables.Add(length, tables);
        return tables;
    }
}
