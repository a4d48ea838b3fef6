using System;
using System.Globalization;

namespace Llamalith.Contracts;

/// <summary>The canonical tensor names, GGUF's own. Readers of other formats translate theirs.</summary>
public static class TensorNames
{
    /// <summary>Token embedding [VocabSize, Dim].</summary>
    public const string TokenEmbedding = "token_embd.weight";

    /// <summary>Final RMSNorm weights [Dim].</summary>
    public const string FinalNorm = "output_norm.weight";

    /// <summary>Classifier [VocabSize, Dim]; absent where embeddings are tied.</summary>
    public const string Classifier = "output.weight";

    /// <summary>What the name of a layer's tensor begins with.</summary>
    internal const string LayerPrefix = "blk.";

    /// <summary>The full name of a layer's tensor: blk.{layer}.{name}.</summary>
    public static string OfLayer(int layer, string name) => string.Create(CultureInfo.InvariantCulture, $"{LayerPrefix}{layer}.{name}");

    /// <summary>
    /// Takes the name of a layer's tensor apart: "blk.12.attn_q.weight" is layer 12 and "attn_q.weight". Only the usual way of writing a
    /// number is one, so that no two names mean one tensor.
    /// </summary>
    internal static bool TryLayer(string name, string prefix, out int layer, out string rest)
    {
        layer = 0;
        rest = "";
        if (!name.StartsWith(prefix, StringComparison.Ordinal))
            return false;
        int dot = name.IndexOf('.', prefix.Length);
        if (dot < 0)
            return false;
        ReadOnlySpan<char> digits = name.AsSpan(prefix.Length, dot - prefix.Length);
        if (!int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out layer) || (digits.Length > 1 && digits[0] == '0'))
            return false;
        rest = name[(dot + 1)..];
        return true;
    }
}
