using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using Llamalith.Contracts;

namespace Llamalith.Tuner;

/// <summary>What an engine's products may run here, and which of it is the fastest.</summary>
internal sealed unsafe class EngineTuner
{
    // Rounds, of all candidates in turn, where there is no hurry.
    private const int RoundsAtLeisure = 11;

    // What is smaller is read so fast that it is not worth a measurement.
    private const long LeastBytes = 32 << 20;

    // What a load that nobody asked to measure may spend, but for the round that is under way and a last look at the fastest.
    private static readonly TimeSpan s_hurry = TimeSpan.FromMilliseconds(18);

    private readonly ITunable _engine;
    private readonly WorkerTeam _team;
    private readonly KernelTable _table;
    private readonly KernelVariants _variants;

    // Products that the weights at hand have, with what runs where nothing was measured.
    private readonly List<Product> _products = [];

    /// <summary>A tuner of an engine; its kernels are from now on those that it was compiled to prefer.</summary>
    /// <param name="engine">The engine, whose weights are bound.</param>
    /// <param name="team">Its threads.</param>
    /// <param name="layers">Its layers.</param>
    /// <param name="table">Where its choices lie.</param>
    public EngineTuner(ITunable engine, WorkerTeam team, int layers, KernelTable table)
    {
        _engine = engine;
        _team = team;
        _table = table;
        _variants = engine.Variants;
        List<ProductKernel> known = [];
        foreach (KernelVariant first in _variants.Kernels)
        {
            // The first of each kind and format that the machine has; where it has none, its engine was refused.
            if (!first.IsSupported || known.Exists(other => other.Product == first.Product && other.Format == first.Format))
                continue;
            ProductKernel usual = Usual(first);
            Set(usual);
            known.Add(usual);
            if (ProductTrial.Of(engine, _variants.Matrices, team, layers, usual.Product, usual.Format) is { } trial)
                _products.Add(new Product(usual, trial));
        }

        // Decode first: it is what takes the time, and what differs most.
        _products.Sort(static (a, b) => a.Usual.Product != b.Usual.Product
            ? a.Usual.Product.CompareTo(b.Usual.Product)
            : b.Trial.Bytes.CompareTo(a.Trial.Bytes));
    }

    /// <summary>Takes over what somebody has chosen; what there is no such candidate for is passed over.</summary>
    public void Use(KernelChoices choices)
    {
        foreach (ProductKernel kernel in choices.Kernels.Where(IsCandidate))
            Set(kernel);
    }

    /// <summary>Whether all that is kept can be run: what another machine or version has kept cannot.</summary>
    public bool Fits(KernelChoices choices) => choices.Kernels.All(IsCandidate);

    /// <summary>Measures, and takes over what is the fastest.</summary>
    /// <param name="atLeisure">Whether everything is to be measured, however long it takes.</param>
    /// <param name="report">Told each candidate's speed.</param>
    /// <returns>What runs of all that was measured.</returns>
    public KernelChoices Measure(bool atLeisure, IProgress<KernelMeasurement>? report)
    {
        long start = Stopwatch.GetTimestamp();
        List<ProductKernel> chosen = [];
        foreach (Product product in _products)
        {
            (ProductKernel usual, ProductTrial trial) = (product.Usual, product.Trial);
            if (trial.Bytes < LeastBytes && !atLeisure)
                continue;
            ProductKernel best = usual;

            // What runs anyway is compiled anyway: that does not count.
            start += (long)(trial.Run() * Stopwatch.Frequency);

            // Another instruction set's kernels have to be compiled first, where code is.
            List<ProductKernel> kernels = [.. KernelsOf(usual).Where(static kernel => kernel.Lanes > 1).Select(Usual)];
            List<KernelMeasurement> measured = [];
            if (kernels.Count > 1 && (atLeisure || Elapsed() < s_hurry / 2))
                best = Choose(kernels);
            best = Choose([best, .. Told(best).Where(told => told != best)]);
            Set(best);
            chosen.Add(best);
            int first = Math.Max(0, measured.FindIndex(candidate => candidate.Kernel == usual));
            for (int i = 0; i < measured.Count; i++)
            {
                // What runs where nothing was measured comes first.
                KernelMeasurement candidate = measured[i == 0 ? first : i <= first ? i - 1 : i];
                report?.Report(candidate with { IsChosen = candidate.Kernel == best });
            }

            ProductKernel Choose(IReadOnlyList<ProductKernel> candidates)
            {
                (int index, double[] medians) =
                    new Chooser(Run, () => !atLeisure && Elapsed() > s_hurry) { Rounds = atLeisure ? RoundsAtLeisure : 5 }
                    .Choose(candidates.Count);
                for (int i = 0; i < medians.Length; i++)
                {
                    measured.RemoveAll(candidate => candidate.Kernel == candidates[i]);
                    if (!double.IsNaN(medians[i]))
                    {
                        measured.Add(
                            new KernelMeasurement(candidates[i], trial.BytesRead / medians[i], trial.MultiplyAdds / medians[i], false));
                    }
                }

                return candidates[index];

                double Run(int candidate)
                {
                    Set(candidates[candidate]);
                    return trial.Run();
                }
            }
        }

        return new KernelChoices(chosen);

        TimeSpan Elapsed() => Stopwatch.GetElapsedTime(start);
    }

    /// <summary>Whether anything is worth a measurement at a load that is not asked for one.</summary>
    public bool IsLarge => _products.Exists(static product => product.Trial.Bytes >= LeastBytes);

    /// <summary>What measurements hold for.</summary>
    public string Key(ModelShape shape)
    {
        string candidates = string.Join(',', _variants.Kernels.Where(static kernel => kernel.IsSupported)
            .Select(static kernel => $"{kernel.Product} {kernel.Format} {kernel.Name}"));
        string formats = string.Join(',', _products.Select(static product => product.Usual.Format.ToString()).Distinct());
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{_engine.GetType().Module.ModuleVersionId} {typeof(EngineTuner).Module.ModuleVersionId} {_engine.GetType()}; "
                + $"{ProcessorName.Current}, {_team.Size} threads of {Environment.ProcessorCount}; dim {shape.Dim}, ffn {shape.FfnDim}, "
                + $"{shape.Layers} layers, vocabulary {shape.VocabSize}; {formats} of {candidates}");
    }

    private IEnumerable<KernelVariant> KernelsOf(ProductKernel kernel) => _variants.Kernels.Where(
        other => other.IsSupported && other.Product == kernel.Product && other.Format == kernel.Format);

    // A kernel with each of the things that it may be told.
    private IEnumerable<ProductKernel> Told(ProductKernel kernel) => kernel.Product == ProductKind.MatVec
        ? _variants.ReadAheads.Take(KernelsOf(kernel).First(variant => variant.Name == kernel.Kernel).ReadsAhead ? int.MaxValue : 1)
            .Select(ahead => kernel with { Far = ahead.Far, Near = ahead.Near })
        : _variants.TokenBlocks.Select(tokens => kernel with { TokenBlock = tokens });

    private ProductKernel Usual(KernelVariant variant) =>
        Told(new ProductKernel(variant.Product, variant.Format, variant.Name, 0, 0, 0)).First();

    private bool IsCandidate(ProductKernel kernel) =>
        KernelsOf(kernel).Any(variant => variant.Name == kernel.Kernel) && Told(kernel).Contains(kernel);

    private void Set(ProductKernel kernel)
    {
        KernelChoice* choice = _table[kernel.Format];
        int number = KernelsOf(kernel).First(variant => variant.Name == kernel.Kernel).Number;
        if (kernel.Product == ProductKind.MatVec)
            (choice->MatVec, choice->Far, choice->Near) = (number, kernel.Far, kernel.Near);
        else
            (choice->MatMul, choice->TokenBlock) = (number, kernel.TokenBlock);
    }

    private sealed record Product(ProductKernel Usual, ProductTrial Trial);
}
