using System;
using System.Globalization;
using System.Threading.Tasks;
using Llamalith.Contracts;
using Llamalith.Mapping;
using Llamalith.Safetensors;

namespace Llamalith.Checkpoints;

/// <summary>
/// Matrices of 8-bit floats (E4M3: a sign, four bits of exponent, three of mantissa) with scales beside them, as Hugging Face's files have them:
/// one for a matrix, for each row or for each block. Nothing smaller holds their values exactly, so they are 32-bit floats when they are asked for.
/// </summary>
/// <param name="files">The files.</param>
/// <param name="block">Rows and columns that share a scale, where the model says so.</param>
internal sealed unsafe class Fp8Weights(SafetensorsSet files, (int Rows, int Columns)? block) : IDisposable
{
    /// <summary>The type that files say.</summary>
    public const string TypeName = "F8_E4M3";

    private const string Weight = ".weight";

    // What follows the matrix's name: multiplied with, under either name. Of activations nothing is quantised here.
    private static readonly string[] s_scales = ["_scale_inv", "_scale"];
    private const string InputScale = ".input_scale";

    private static readonly float[] s_values = MakeValues();

    private readonly MadeBuffers<string> _decoded = new();

    /// <summary>Whether a tensor is such a matrix.</summary>
    public static bool Is(SafetensorsTensor tensor) => tensor.TypeName == TypeName;

    /// <summary>Whether a tensor belongs to such a matrix, and is no part of the model by itself.</summary>
    public bool IsScale(string name)
    {
        string? owner = name.EndsWith(InputScale, StringComparison.Ordinal) ? name[..^InputScale.Length] + Weight : null;
        foreach (string scale in s_scales)
        {
            if (owner is null && name.EndsWith(Weight + scale, StringComparison.Ordinal))
                owner = name[..^scale.Length];
        }

        return owner is not null && files.TryGetTensor(owner, out SafetensorsTensor matrix) && Is(matrix);
    }

    /// <summary>The matrix as floats; once, until it is let go.</summary>
    /// <exception cref="ModelFormatException">Its scales are missing or of another size, or a value is no number.</exception>
    public TensorView Get(SafetensorsTensor matrix)
    {
        long bytes = matrix.Rows * matrix.Columns * sizeof(float);
        byte* data = _decoded.Get(
            matrix.Name, bytes, hugePages: true, made => Decode(matrix, ScalesOf(matrix), (float*)made.Data));
        return new TensorView(matrix.Name, TensorType.F32, matrix.Rows, matrix.Columns, data, bytes);
    }

    /// <summary>Frees a matrix, if it is one of these.</summary>
    public bool Release(in TensorView view) => view.ByteLength == view.Rows * view.Columns * sizeof(float)
        && _decoded.Holds(view.Name, view.Data) && _decoded.Release(view.Name);

    /// <inheritdoc/>
    public void Dispose() => _decoded.Dispose();

    private Scales ScalesOf(SafetensorsTensor matrix)
    {
        foreach (string suffix in s_scales)
        {
            if (!files.TryView(matrix.Name + suffix, out TensorView view))
                continue;
            long count = view.Rows * view.Columns;
            long rows, columns;
            if (count == 1)
                (rows, columns) = (matrix.Rows, matrix.Columns);
            else if (count == matrix.Rows && (view.Rows == 1 || view.Columns == 1))
                (rows, columns) = (1, matrix.Columns);
            else if (block is { } shared && view.Rows == Pieces(matrix.Rows, shared.Rows) && view.Columns == Pieces(matrix.Columns, shared.Columns))
                (rows, columns) = (shared.Rows, shared.Columns);
            else
                throw Bad($"{Shown.Text(view.Name)} is [{view.Rows}, {view.Columns}], which are no scales of {Shown.Text(matrix.Name)} [{matrix.Rows}, {matrix.Columns}]");
            float[] values = new float[count];
            fixed (float* to = values)
            {
                for (long row = 0; row < view.Rows; row++)
                    WeightReader.ReadRow(view, row, 0, checked((int)view.Columns), to + (row * view.Columns));
            }

            return new Scales(values, rows, columns, Pieces(matrix.Columns, columns));
        }

        throw Bad($"{Shown.Text(matrix.Name)} is {TypeName}, but neither {Shown.Text(matrix.Name + s_scales[0])} nor {Shown.Text(matrix.Name + s_scales[1])} is there");

        static long Pieces(long all, long each) => (all + each - 1) / each;
    }

    private void Decode(SafetensorsTensor matrix, Scales scales, float* to)
    {
        byte* from = files.Bytes(matrix);
        bool sound = true;
        Parallel.For(0, matrix.Rows, row =>
        {
            for (long column = 0; column < matrix.Columns; column++)
            {
                float value = s_values[from[(row * matrix.Columns) + column]]
                    * scales.Values[(row / scales.Rows * scales.PiecesInARow) + (column / scales.Columns)];
                to[(row * matrix.Columns) + column] = value;
                if (!float.IsFinite(value))
                    sound = false;
            }
        });
        if (!sound)
            throw Bad($"{Shown.Text(matrix.Name)} has an element that is infinite or no number");
    }

    private ModelFormatException Bad(FormattableString complaint) => new($"{files.Path}: {complaint.ToString(CultureInfo.InvariantCulture)}.");

    // Seven bits from zero on; no infinity, and one pattern that is no number.
    private static float[] MakeValues()
    {
        float[] values = new float[256];
        for (int code = 0; code < values.Length; code++)
        {
            int exponent = (code >> 3) & 15, mantissa = code & 7;
            float size = (code & 127) == 127 ? float.NaN : exponent == 0 ? MathF.ScaleB(mantissa, -9) : MathF.ScaleB(8 + mantissa, exponent - 10);
            values[code] = code < 128 ? size : -size;
        }

        return values;
    }

    private sealed record Scales(float[] Values, long Rows, long Columns, long PiecesInARow);
}
