using System;
using System.Linq;
using System.Runtime.InteropServices;
using Llamalith.Contracts;
using Llamalith.Quantization;

namespace Llamalith.Reference;

/// <summary>
/// Llama's forward pass as the textbook has it, in double precision, over the whole sequence at once: no cache, no tiles, keys
/// and values copied for every query head. Slow on purpose; it is the judge of every compiled engine, so it shares no code
/// with them. Of a cache it knows one thing, the rounding of what is stored; of integer weights one more on demand, the rounding
/// of what they are multiplied by.
/// </summary>
public sealed class ReferenceModel
{
    private readonly ModelShape _shape;
    private readonly RopeLayout _layout;
    private readonly KvFormat _kvFormat;
    private readonly bool _eightBitActivations;
    private readonly double[] _ropeFrequencies;
    private readonly Weights _embedding;
    private readonly Weights _classifier;
    private readonly double[] _finalNorm;
    private readonly Layer[] _layers;

    /// <summary>Copies the weights, widened to double precision.</summary>
    /// <param name="checkpoint">The weights; its own rope layout is the one that is computed in.</param>
    /// <param name="shape">The hyperparameters; those that are null take Llama 2's values.</param>
    /// <param name="kvFormat">What keys and values are rounded to before they are used, as a cache of that format rounds them.</param>
    /// <param name="eightBitActivations">
    /// Whether what meets a matrix of integers is rounded to 8 bits first: for each 32 numbers, whole multiples of a 127th of their
    /// largest magnitude.
    /// </param>
    public ReferenceModel(Checkpoint checkpoint, ModelShape shape, KvFormat kvFormat = KvFormat.F32, bool eightBitActivations = false)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(shape);
        _shape = shape;
        _layout = checkpoint.RopeLayout;
        _kvFormat = kvFormat;
        _eightBitActivations = eightBitActivations;
        _ropeFrequencies = RopeFrequencies(shape);
        _embedding = Matrix(checkpoint, TensorNames.TokenEmbedding);
        _classifier = shape.TiedEmbeddings ? _embedding : Matrix(checkpoint, TensorNames.Classifier);
        _finalNorm = Vector(checkpoint, TensorNames.FinalNorm);
        _layers = new Layer[shape.Layers];
        for (int i = 0; i < shape.Layers; i++)
            _layers[i] = ReadLayer(checkpoint, shape, i);
    }

    /// <summary>The logits after every token of the sequence: element [t][v] is that of token v following position t.</summary>
    public double[][] Logits(ReadOnlySpan<int> tokens)
    {
        double[][] x = Hidden(tokens);
        double[][] logits = new double[tokens.Length][];
        for (int t = 0; t < tokens.Length; t++)
            logits[t] = Multiply(_classifier, Normalize(x[t], _finalNorm));
        return logits;
    }

    /// <summary>The logits after the last token alone.</summary>
    public double[] LastLogits(ReadOnlySpan<int> tokens) =>
        Multiply(_classifier, Normalize(Hidden(tokens)[^1], _finalNorm));

    /// <summary>The most likely continuation, each token from a recomputation of all before it.</summary>
    public int[] Greedy(ReadOnlySpan<int> prompt, int count)
    {
        int[] tokens = new int[prompt.Length + count];
        prompt.CopyTo(tokens);
        for (int i = prompt.Length; i < tokens.Length; i++)
            tokens[i] = IndexOfLargest(LastLogits(tokens.AsSpan(0, i)));
        return tokens[prompt.Length..];
    }

    /// <summary>The angle, in radians a position, of each pair of a head.</summary>
    public static double[] RopeFrequencies(ModelShape shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        double theta = shape.RopeTheta ?? 10000;
        double factor = shape.RopeScalingFactor ?? 1;
        double[] frequencies = new double[shape.HeadDim / 2];
        for (int i = 0; i < frequencies.Length; i++)
        {
            double frequency = Math.Pow(theta, -2.0 * i / shape.HeadDim);
            frequencies[i] = (shape.RopeScaling ?? RopeScaling.None) switch
            {
                RopeScaling.None => frequency,
                RopeScaling.Linear => frequency / factor,
                RopeScaling.Llama3 => ScaleAsLlama3(frequency, factor, shape),
                RopeScaling other => throw new ArgumentException($"Unknown rope scaling {other}.", nameof(shape)),
            };
        }

        return frequencies;
    }

    private static double ScaleAsLlama3(double frequency, double factor, ModelShape shape)
    {
        double low = shape.RopeScalingLowFrequencyFactor ?? 1, high = shape.RopeScalingHighFrequencyFactor ?? 4;
        int context = shape.RopeScalingOriginalContext ?? 8192;
        double wavelength = 2 * Math.PI / frequency;
        double longest = context / low;
        double shortest = context / high;
        if (wavelength < shortest)
            return frequency;
        if (wavelength > longest)
            return frequency / factor;
        double smooth = ((context / wavelength) - low) / (high - low);
        return ((1 - smooth) * frequency / factor) + (smooth * frequency);
    }

    private double[][] Hidden(ReadOnlySpan<int> tokens)
    {
        double[][] x = new double[tokens.Length][];
        for (int t = 0; t < tokens.Length; t++)
            x[t] = Row(_embedding.Elements, tokens[t]);
        foreach (Layer layer in _layers)
        {
            AddAttention(layer, x);
            foreach (double[] row in x)
                AddFeedForward(layer, row);
        }

        return x;
    }

    private void AddAttention(Layer layer, double[][] x)
    {
        int length = x.Length;
        double[][] queries = new double[length][];
        double[][] keys = new double[length][];
        double[][] values = new double[length][];
        for (int t = 0; t < length; t++)
        {
            double[] normed = Normalize(x[t], layer.AttentionNorm);
            double[] query = Multiply(layer.Query, normed, layer.QueryBias);
            double[] key = Multiply(layer.Key, normed, layer.KeyBias);
            double[] value = Multiply(layer.Value, normed, layer.ValueBias);
            Rotate(query, t);
            Rotate(key, t);
            queries[t] = query;
            keys[t] = RepeatHeads(Store(key));
            values[t] = RepeatHeads(Store(value));
        }

        int headDim = _shape.HeadDim;
        for (int t = 0; t < length; t++)
        {
            int window = _shape.SlidingWindow ?? 0;
            int first = window == 0 ? 0 : Math.Max(0, t - window + 1);
            double[] attended = new double[_shape.QueryDim];
            for (int head = 0; head < _shape.Heads; head++)
            {
                int offset = head * headDim;
                double[] weights = new double[t + 1 - first];
                for (int s = first; s <= t; s++)
                {
                    double score = 0;
                    for (int i = 0; i < headDim; i++)
                        score += queries[t][offset + i] * keys[s][offset + i];
                    weights[s - first] = score / Math.Sqrt(headDim);
                }

                Softmax(weights);
                for (int s = first; s <= t; s++)
                {
                    for (int i = 0; i < headDim; i++)
                        attended[offset + i] += weights[s - first] * values[s][offset + i];
                }
            }

            Add(x[t], Multiply(layer.AttentionOutput, attended));
        }
    }

    private void AddFeedForward(Layer layer, double[] x)
    {
        double[] normed = Normalize(x, layer.FfnNorm);
        double[] gate = Multiply(layer.Gate, normed);
        double[] up = Multiply(layer.Up, normed);
        for (int i = 0; i < gate.Length; i++)
            gate[i] = gate[i] / (1 + Math.Exp(-gate[i])) * up[i];
        Add(x, Multiply(layer.Down, gate));
    }

    private void Rotate(double[] heads, int position)
    {
        int half = _shape.HeadDim / 2;
        for (int start = 0; start < heads.Length; start += _shape.HeadDim)
        {
            for (int i = 0; i < half; i++)
            {
                (int a, int b) = _layout == RopeLayout.Interleaved
                    ? (start + (2 * i), start + (2 * i) + 1)
                    : (start + i, start + i + half);
                (double sin, double cos) = Math.SinCos(position * _ropeFrequencies[i]);
                (heads[a], heads[b]) = ((heads[a] * cos) - (heads[b] * sin), (heads[a] * sin) + (heads[b] * cos));
            }
        }
    }

    private double[] Store(double[] kv) => _kvFormat switch
    {
        KvFormat.F16 => Array.ConvertAll(kv, value => (double)(Half)value),
        KvFormat.Int8 => StoreInt8(kv),
        _ => kv,
    };

    // Each head by itself: the largest number becomes 127.
    private double[] StoreInt8(double[] kv)
    {
        double[] stored = new double[kv.Length];
        for (int head = 0; head < kv.Length; head += _shape.HeadDim)
        {
            double scale = kv.AsSpan(head, _shape.HeadDim).ToArray().Max(Math.Abs) / 127;
            for (int i = head; i < head + _shape.HeadDim; i++)
                stored[i] = scale == 0 ? 0 : Math.Round(kv[i] / scale) * scale;
        }

        return stored;
    }

    // repeat_kv: [KvHeads·HeadDim] to [Heads·HeadDim].
    private double[] RepeatHeads(double[] kv)
    {
        double[] repeated = new double[_shape.QueryDim];
        int group = _shape.Heads / _shape.KvHeads;
        for (int head = 0; head < _shape.Heads; head++)
            Array.Copy(kv, head / group * _shape.HeadDim, repeated, head * _shape.HeadDim, _shape.HeadDim);
        return repeated;
    }

    private double[] Normalize(double[] x, double[] weights)
    {
        double squares = 0;
        foreach (double value in x)
            squares += value * value;
        double scale = 1 / Math.Sqrt((squares / x.Length) + (_shape.NormEps ?? 1e-5));
        double[] normed = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
            normed[i] = x[i] * scale * weights[i];
        return normed;
    }

    private static void Softmax(double[] scores)
    {
        double largest = double.NegativeInfinity;
        foreach (double score in scores)
            largest = Math.Max(largest, score);
        double sum = 0;
        for (int i = 0; i < scores.Length; i++)
            sum += scores[i] = Math.Exp(scores[i] - largest);
        for (int i = 0; i < scores.Length; i++)
            scores[i] /= sum;
    }

    private double[] Multiply(Weights weights, double[] vector, double[]? bias = null)
    {
        double[,] matrix = weights.Elements;
        if (_eightBitActivations && weights.AreIntegers)
            vector = RoundToEightBits(vector);
        int rows = matrix.GetLength(0), columns = matrix.GetLength(1);
        double[] product = new double[rows];
        ReadOnlySpan<double> elements = MemoryMarshal.CreateReadOnlySpan(ref matrix[0, 0], matrix.Length);
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<double> factors = elements.Slice(row * columns, columns);
            double sum = bias is null ? 0 : bias[row];
            for (int column = 0; column < factors.Length; column++)
                sum += factors[column] * vector[column];
            product[row] = sum;
        }

        return product;
    }

    private static double[] RoundToEightBits(double[] vector)
    {
        const int Group = 32;
        double[] rounded = new double[vector.Length];
        for (int start = 0; start < vector.Length; start += Group)
        {
            double largest = 0;
            for (int i = start; i < start + Group; i++)
                largest = Math.Max(largest, Math.Abs(vector[i]));
            if (largest == 0)
                continue;
            for (int i = start; i < start + Group; i++)
                rounded[i] = Math.Round(vector[i] * 127 / largest, MidpointRounding.ToEven) * largest / 127;
        }

        return rounded;
    }

    private static void Add(double[] x, double[] y)
    {
        for (int i = 0; i < x.Length; i++)
            x[i] += y[i];
    }

    private static int IndexOfLargest(double[] values)
    {
        int best = 0;
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i] > values[best])
                best = i;
        }

        return best;
    }

    private static double[] Row(double[,] matrix, int row)
    {
        double[] copy = new double[matrix.GetLength(1)];
        for (int i = 0; i < copy.Length; i++)
            copy[i] = matrix[row, i];
        return copy;
    }

    private static Layer ReadLayer(Checkpoint checkpoint, ModelShape shape, int layer)
    {
        bool bias = shape.QkvBias == true;
        return new Layer(
            Vector(checkpoint, Name(LayerNames.AttentionNorm)),
            Matrix(checkpoint, Name(LayerNames.Query)),
            Matrix(checkpoint, Name(LayerNames.Key)),
            Matrix(checkpoint, Name(LayerNames.Value)),
            bias ? Vector(checkpoint, Name(LayerNames.QueryBias)) : null,
            bias ? Vector(checkpoint, Name(LayerNames.KeyBias)) : null,
            bias ? Vector(checkpoint, Name(LayerNames.ValueBias)) : null,
            Matrix(checkpoint, Name(LayerNames.AttentionOutput)),
            Vector(checkpoint, Name(LayerNames.FfnNorm)),
            Matrix(checkpoint, Name(LayerNames.Gate)),
            Matrix(checkpoint, Name(LayerNames.Up)),
            Matrix(checkpoint, Name(LayerNames.Down)));

        string Name(string tensor) => TensorNames.OfLayer(layer, tensor);
    }

    private static double[] Vector(Checkpoint checkpoint, string name) => Row(Matrix(checkpoint, name).Elements, 0);

    private static unsafe Weights Matrix(Checkpoint checkpoint, string name)
    {
        if (!checkpoint.TryGetTensor(name, out TensorView tensor))
            throw new ArgumentException($"There is no tensor {name}.", nameof(name));
        bool integers = TensorTypes.BlockOf(tensor.Type).Elements > 1;
        double[,] matrix = new double[tensor.Rows, tensor.Columns];
        float[] blocks = new float[integers ? tensor.Columns : 0];
        var bytes = new ReadOnlySpan<byte>(tensor.Data, checked((int)tensor.ByteLength));
        for (int row = 0; row < tensor.Rows; row++)
        {
            if (integers)
                BlockFormats.DequantizeRow(tensor, row, blocks);
            for (int column = 0; column < tensor.Columns; column++)
            {
                int index = (row * (int)tensor.Columns) + column;
                matrix[row, column] = tensor.Type switch
                {
                    TensorType.F32 => MemoryMarshal.Read<float>(bytes[(4 * index)..]),
                    TensorType.F16 => (double)MemoryMarshal.Read<Half>(bytes[(2 * index)..]),
                    TensorType.BF16 => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Read<ushort>(bytes[(2 * index)..]) << 16),
                    _ => blocks[column],
                };
            }
        }

        return new Weights(matrix, integers);
    }

    private sealed record Weights(double[,] Elements, bool AreIntegers);

    private sealed record Layer(
        double[] AttentionNorm,
        Weights Query,
        Weights Key,
        Weights Value,
        double[]? QueryBias,
        double[]? KeyBias,
        double[]? ValueBias,
        Weights AttentionOutput,
        double[] FfnNorm,
        Weights Gate,
        Weights Up,
        Weights Down);
}
