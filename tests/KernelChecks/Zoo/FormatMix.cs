using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Reference;

namespace Llamalith.KernelChecks.Zoo;

/// <summary>Which matrix of a model is stored in which format, the same in every layer.</summary>
internal sealed class FormatMix
{
    // Matrices that a kernel combines have one format, and so one place here.
    private static readonly string[][] s_places =
    [
        [LayerNames.Query],
        [LayerNames.Key],
        [LayerNames.Value],
        [LayerNames.AttentionOutput],
        [LayerNames.Gate, LayerNames.Up],
        [LayerNames.Down],
        [TensorNames.Classifier],
        [TensorNames.TokenEmbedding],
    ];

    private readonly Dictionary<string, TensorType> _types;

    private FormatMix(Dictionary<string, TensorType> types) => _types = types;

    /// <summary>As many mixes as there are formats; over all of them, every matrix meets every format.</summary>
    public static FormatMix[] Rotate(params TensorType[] formats)
    {
        var mixes = new FormatMix[formats.Length];
        for (int turn = 0; turn < formats.Length; turn++)
        {
            Dictionary<string, TensorType> types = [];
            for (int place = 0; place < s_places.Length; place++)
            {
                foreach (string name in s_places[place])
                    types.Add(name, formats[(place + turn) % formats.Length]);
            }

            mixes[turn] = new FormatMix(types);
        }

        return mixes;
    }

    /// <summary>The same mix but for one matrix.</summary>
    public FormatMix With(string name, TensorType type) => new(new Dictionary<string, TensorType>(_types) { [name] = type });

    /// <summary>Whether any matrix is of integers.</summary>
    public bool HasIntegers => _types.Values.Any(type => TensorTypes.BlockOf(type).Elements > 1);

    /// <summary>The format of a matrix, by its canonical name.</summary>
    public TensorType Of(string canonicalName) =>
        _types.First(type => canonicalName == type.Key || canonicalName.EndsWith("." + type.Key, StringComparison.Ordinal)).Value;

    public override string ToString() =>
        string.Join(", ", s_places.Select(names => $"{names[0].Replace(".weight", "", StringComparison.Ordinal)} {_types[names[0]]}"));
}
