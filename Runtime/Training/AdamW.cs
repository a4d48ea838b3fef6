using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using System.Runtime.CompilerServices;
using Llamalith.Contracts;

namespace Llamalith.Training;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter, arXiv 1711.05101), bias correction and clipping by the global norm:
/// m = β1·m + (1-β1)·g, v = β2·v + (1-β2)·g², w -= lr·(m/(1-β1^t) / (sqrt(v/(1-β2^t)) + ε) + decay·w). Several sets of parameters, such
/// as a model's and a reward head's, can be one optimiser's. Results do not depend on the number of threads.
/// </summary>
public sealed unsafe class AdamW : IDisposable
{
    private readonly WorkerTeam _team;
    private readonly AdamWOptions _options;
    private readonly Group[] _groups;
    private readonly Chunk[] _chunks;
    private readonly SumSquares _sumSquares;
    private readonly Update _update;

    /// <summary>An optimiser before its first step: moments zero.</summary>
    /// <param name="team">The threads to run on; a trainer's <see cref="ITrainer.Team"/> may be shared.</param>
    /// <param name="parameters">What is trained. The sets must outlive the optimiser.</param>
    /// <param name="options">Default: Llama 2's.</param>
    public AdamW(WorkerTeam team, IReadOnlyList<ParameterSet> parameters, AdamWOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(team);
        ArgumentNullException.ThrowIfNull(parameters);
        _team = team;
        _options = options ?? new AdamWOptions();
        _groups = [.. parameters.Select(set => new Group(set))];
        _chunks = [.. _groups.SelectMany(group => group.Chunks(_options))];
        _sumSquares = new SumSquares(this);
        _update = new Update(this);
    }

    /// <summary>An optimiser of a trainer's weights, on its threads.</summary>
    public AdamW(ITrainer trainer, AdamWOptions? options = null)
        : this(Checked(trainer).Team, [trainer.Parameters], options)
    {
    }

    /// <summary>Number of steps done; to be restored with the moments when training is resumed.</summary>
    public int Steps { get; set; }

    /// <summary>What is trained.</summary>
    public IReadOnlyList<ParameterSet> Parameters => [.. _groups.Select(group => group.Set)];

    /// <summary>The running mean of a tensor's gradients [Rows, Columns], for checkpoints.</summary>
    public Span<float> FirstMoment(ParameterSet set, Parameter parameter) => Moment(Find(set).First, set, parameter);

    /// <summary>The running mean of their squares [Rows, Columns], for checkpoints.</summary>
    public Span<float> SecondMoment(ParameterSet set, Parameter parameter) => Moment(Find(set).Second, set, parameter);

    /// <summary>The norm over all gradients together.</summary>
    public double GradientNorm()
    {
        _team.Run(_sumSquares);

        // In the order of the chunks, whoever summed them.
        double sum = 0;
        foreach (ref Chunk chunk in _chunks.AsSpan())
            sum += chunk.SumSquares;
        GC.KeepAlive(this);
        return Math.Sqrt(sum);
    }

    /// <summary>
    /// Moves the weights by their gradients, and sets those to zero. A step whose gradients are not finite changes nothing but that.
    /// </summary>
    /// <param name="learningRate">The rate of this step; see <see cref="LearningRateSchedule"/>.</param>
    /// <returns>The norm of the gradients before clipping; not finite where the step was left out.</returns>
    public double Step(double learningRate)
    {
        double norm = GradientNorm();
        if (double.IsFinite(norm))
        {
            Steps++;
            double scale = _options.ClipNorm > 0 && norm > _options.ClipNorm ? _options.ClipNorm / norm : 1;
            _update.Run(learningRate, (float)scale);
        }
        else
        {
            foreach (Group group in _groups)
                group.Set.ZeroGradients();
        }

        return norm;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Group group in _groups)
            group.Dispose();
    }

    private static ITrainer Checked(ITrainer trainer)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        return trainer;
    }

    private Group Find(ParameterSet set) =>
        _groups.FirstOrDefault(group => group.Set == set)
            ?? throw new ArgumentException("This optimiser does not train that set.", nameof(set));

    private static Span<float> Moment(NativeBuffer moments, ParameterSet set, Parameter parameter)
    {
        _ = set.Weights(parameter);
        return new Span<float>((float*)moments.Data + parameter.Offset, parameter.Length);
    }

    /// <summary>One set and its moments.</summary>
    private sealed class Group(ParameterSet set) : IDisposable
    {
        // 64 KiB of each of four arrays: they fit a second-level cache, and even a small model has a few.
        private const int ChunkFloats = 16384;

        public ParameterSet Set { get; } = set;

        public NativeBuffer First { get; } = new(set.Count * sizeof(float), hugePages: true);

        public NativeBuffer Second { get; } = new(set.Count * sizeof(float), hugePages: true);

        /// <summary>Pieces of one tensor each, since decay is a tensor's property.</summary>
        public IEnumerable<Chunk> Chunks(AdamWOptions options)
        {
            foreach (Parameter parameter in Set.Items)
            {
                for (int at = 0; at < parameter.Length; at += ChunkFloats)
                {
                    yield return new Chunk(
                        this, parameter.Offset + at, Math.Min(ChunkFloats, parameter.Length - at), options.Decays(parameter));
                }
            }
        }

        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }

    private record struct Chunk(Group Group, long Offset, int Length, bool Decays)
    {
        public double SumSquares { get; set; }
    }

    private sealed class SumSquares(AdamW owner) : ITeamJob
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Execute(int rank)
        {
            (int begin, int end) = WorkerTeam.Share(owner._chunks.Length, rank, owner._team.Size);
            foreach (ref Chunk chunk in owner._chunks.AsSpan(begin, end - begin))
            {
                float* g = chunk.Group.Set.GradientData + chunk.Offset;

                // Short float sums into a double: exact enough for any number of parameters.
                double total = 0;
                int i = 0;
                while (i <= chunk.Length - Vector<float>.Count)
                {
                    int stop = Math.Min(i + 1024, chunk.Length);
                    Vector<float> sum = Vector<float>.Zero;
                    for (; i <= stop - Vector<float>.Count; i += Vector<float>.Count)
                    {
                        Vector<float> v = *(Vector<float>*)(g + i);
                        sum += v * v;
                    }

                    total += Vector.Sum(sum);
                }

                for (; i < chunk.Length; i++)
                    total += (double)g[i] * g[i];
                chunk.SumSquares = total;
            }
        }
    }

    private sealed class Update(AdamW owner) : ITeamJob
    {
        private float _scale, _beta1, _beta2, _rate, _root, _epsilon, _shrink;

        public void Run(double learningRate, float scale)
        {
            AdamWOptions options = owner._options;
            _scale = scale;
            _beta1 = (float)options.Beta1;
            _beta2 = (float)options.Beta2;
            _rate = (float)(learningRate / (1 - Math.Pow(options.Beta1, owner.Steps)));
            _root = (float)(1 / Math.Sqrt(1 - Math.Pow(options.Beta2, owner.Steps)));
            _epsilon = (float)options.Epsilon;
            _shrink = (float)(1 - (learningRate * options.WeightDecay));
            owner._team.Run(this);
            GC.KeepAlive(owner);
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Execute(int rank)
        {
            (int begin, int end) = WorkerTeam.Share(owner._chunks.Length, rank, owner._team.Size);
            for (int c = begin; c < end; c++)
            {
                Chunk chunk = owner._chunks[c];
                Apply(
                    chunk.Group.Set.WeightData + chunk.Offset,
                    chunk.Group.Set.GradientData + chunk.Offset,
                    (float*)chunk.Group.First.Data + chunk.Offset,
                    (float*)chunk.Group.Second.Data + chunk.Offset,
                    chunk.Length,
                    chunk.Decays ? _shrink : 1);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Apply(float* w, float* g, float* m, float* v, int length, float shrink)
        {
            float scale = _scale, beta1 = _beta1, beta2 = _beta2, rate = _rate, root = _root, epsilon = _epsilon;
            Vector<float> b1 = new(beta1), b2 = new(beta2), c1 = new((1 - beta1) * scale), c2 = new((1 - beta2) * scale * scale);
            Vector<float> r = new(rate), q = new(root), e = new(epsilon), s = new(shrink);
            int i = 0;
            for (; i <= length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> gradient = *(Vector<float>*)(g + i);
                *(Vector<float>*)(g + i) = Vector<float>.Zero;
                Vector<float> first = (b1 * *(Vector<float>*)(m + i)) + (c1 * gradient);
                Vector<float> second = (b2 * *(Vector<float>*)(v + i)) + (c2 * gradient * gradient);
                *(Vector<float>*)(m + i) = first;
                *(Vector<float>*)(v + i) = second;
                *(Vector<float>*)(w + i) = (s * *(Vector<float>*)(w + i)) - (r * first / ((Vector.SquareRoot(second) * q) + e));
            }

            for (; i < length; i++)
            {
                m[i] = (beta1 * m[i]) + ((1 - beta1) * scale * g[i]);
                v[i] = (beta2 * v[i]) + ((1 - beta2) * scale * scale * g[i] * g[i]);
                w[i] = (shrink * w[i]) - (rate * m[i] / ((MathF.Sqrt(v[i]) * root) + epsilon));
                g[i] = 0;
            }
        }
    }
}
