using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Llamalith.Contracts;
using Llamalith.Quantization;
using Llamalith.Tests.Tools;
using Llamalith.Tools;

namespace Llamalith.Tests.Readers;

/// <summary>Low-rank adapters: what is merged, and what is refused.</summary>
public sealed unsafe class LoraTests : IDisposable
{
    private const string Config =
        """{ "peft_type": "LORA", "lora_alpha": 6, "r": 2, "bias": "none", "alpha_pattern": { "v_proj": 24, "layers\\.1\\.self_attn\\.k_proj": 3 } }""";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>
    /// Rows of rotated heads are in another order in a GGUF file than in PEFT's, and alphas by pattern are the module's own.
    /// </summary>
    [Theory]
    [InlineData(RopeLayout.HalfSplit)]
    [InlineData(RopeLayout.Interleaved)]
    public void Product_IsAddedToTheMatrixInItsOwnOrder(RopeLayout layout)
    {
        ModelShape shape = SmallModels.Shape;
        WritePeft(Config, Pair("q_proj", 256, 256), Pair("v_proj", 128, 256), Pair("k_proj", 128, 256));
        Checkpoint bare = SmallModels.Memory(shape, layout);
        Dictionary<string, float[]> before = ((string[])["attn_q", "attn_v", "attn_k", "attn_output"]).ToDictionary(
            static name => name, name => Read(bare, $"blk.1.{name}.weight"));
        using Checkpoint adapted = bare.LoadAdapter(_folder.Path, 0.5);
        foreach ((string name, string module, double scale, bool rotated) in ((string, string, double, bool)[])
            [("attn_q", "q_proj", 6 / 2.0, true), ("attn_v", "v_proj", 24 / 2.0, false), ("attn_k", "k_proj", 3 / 2.0, true)])
        {
            float[] after = Read(adapted, $"blk.1.{name}.weight");
            int columns = 256, rows = after.Length / columns;
            for (int row = 0; row < rows; row++)
            {
                int head = row / 64 * 64, within = row % 64;
                int theirs = !rotated || layout == RopeLayout.HalfSplit ? row : head + (within / 2) + (within % 2 * 32);
                for (int column = 0; column < columns; column += 37)
                {
                    double product = 0;
                    for (int i = 0; i < 2; i++)
                        product += (double)B(module, theirs, i) * A(module, i, column);
                    Assert.Equal(before[name][(row * columns) + column] + (0.5 * scale * product), after[(row * columns) + column], 1e-5);
                }
            }
        }

        Assert.Equal(before["attn_output"], Read(adapted, "blk.1.attn_output.weight"));
    }

    [Fact]
    public void QuantisedMatrix_KeepsItsFormat()
    {
        WritePeft(Config, Pair("v_proj", 128, 256));
        string path = _folder["m.gguf"];
        RandomModel.Write(path, SmallModels.Shape, QuantizationPreset.Q8_0);
        using Checkpoint adapted = Checkpoint.Open(path).LoadAdapter(_folder.Path);
        Assert.True(adapted.TryDescribe("blk.1.attn_v.weight", out TensorInfo info));
        Assert.Equal(TensorType.Q8_0, info.Type);
        Assert.Contains("Q8_0 again", adapted.Notice, StringComparison.Ordinal);
        using Checkpoint bare = Checkpoint.Open(path);
        float[] before = Read(bare, "blk.1.attn_v.weight"), after = Read(adapted, "blk.1.attn_v.weight");
        for (int i = 0; i < after.Length; i += 101)
        {
            double product = 0;
            for (int k = 0; k < 2; k++)
                product += (double)B("v_proj", i / 256, k) * A("v_proj", k, i % 256);
            Assert.Equal(before[i] + (12 * product), after[i], 0.02);
        }
    }

    [Theory]
    [InlineData("\"peft_type\": \"IA3\"", "peft_type = IA3, but LORA is expected")]
    [InlineData("\"peft_type\": \"LORA\", \"lora_alpha\": 1, \"use_dora\": true", "use_dora = true, which cannot be applied")]
    [InlineData("\"peft_type\": \"LORA\", \"lora_alpha\": 1, \"bias\": \"all\"", "bias = \"all\", but only none can be applied")]
    [InlineData("\"peft_type\": \"LORA\", \"lora_alpha\": 1, \"modules_to_save\": [\"lm_head\"]",
        "modules_to_save = [\"lm_head\"], which cannot be applied")]
    [InlineData("\"peft_type\": \"LORA\"", "lora_alpha is missing")]
    [InlineData("\"peft_type\": \"LORA\", \"lora_alpha\": \"x\"", "lora_alpha = \"x\" is no number")]
    [InlineData("\"peft_type\": \"LORA\", \"lora_alpha\": 1, \"alpha_pattern\": { \"(\": 2 }",
        "alpha_pattern has (, which is no pattern that can be matched")]
    [InlineData("\"peft_type\": \"LORA\", \"lora_alpha\": 1, \"alpha_pattern\": [1]", "alpha_pattern is Array, but an object is expected")]
    public void Setting_ThatWouldBeLeftOut_IsRefusedByItsKey(string settings, string message)
    {
        WritePeft($"{{ {settings} }}", Pair("v_proj", 128, 256));
        using Checkpoint model = SmallModels.Memory(SmallModels.Shape);
        Assert.EndsWith(
            message + ".", Assert.Throws<ModelFormatException>(() => model.LoadAdapter(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Factors_ThatFitNoMatrix_AreRefusedWithBothShapes()
    {
        using Checkpoint model = SmallModels.Memory(SmallModels.Shape),
            tied = SmallModels.Memory(SmallModels.Shape with { TiedEmbeddings = true });
        WritePeft(Config, Pair("v_proj", 256, 256));
        Refuses<ModelMismatchException>(
            model, "the factors of blk.1.attn_v.weight are for a matrix [256, 256], but blk.1.attn_v.weight of memory.bin is [128, 256].");
        WritePeft(Config, Pair("v_proj", 128, 256, layer: 7));
        Refuses<ModelMismatchException>(
            model, "blk.7.attn_v.weight has factors for a matrix [128, 256], but memory.bin has no such matrix.");
        WritePeft(Config, [("base_model.model.lm_head.lora_A.weight", 2, 256), ("base_model.model.lm_head.lora_B.weight", 128, 2)]);
        Refuses<ModelMismatchException>(
            tied, "output.weight has factors, but memory.bin uses one matrix for the embedding and the classifier.");
        WritePeft(Config, [("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 2, 256)]);
        Refuses<ModelFormatException>(model, "of model.layers.0.self_attn.q_proj only one of lora_A and lora_B is there.");
        WritePeft(Config, [("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 3, 256),
            ("base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight", 256, 2)]);
        Refuses<ModelFormatException>(model, "which share no rank.");
        WritePeft(Config, [("base_model.model.model.embed_tokens.weight", 128, 256)]);
        Refuses<ModelFormatException>(
            model, "the tensor base_model.model.model.embed_tokens.weight is no factor of an adapter, and nothing else can be applied.");
        WritePeft(Config, [("base_model.model.model.layers.0.mlp.experts.lora_A.weight", 2, 256),
            ("base_model.model.model.layers.0.mlp.experts.lora_B.weight", 256, 2)]);
        Refuses<ModelFormatException>(model, "model.layers.0.mlp.experts is no matrix of a Llama model.");
    }

    [Fact]
    public void PackedModel_IsRefused()
    {
        WritePeft(Config, Pair("v_proj", 128, 256));
        string path = _folder["m.gguf"], packed = _folder["m.llith"];
        RandomModel.Write(path, SmallModels.Shape, QuantizationPreset.Q8_0);
        using (Checkpoint source = Checkpoint.Open(path))
            ModelPacker.Pack(source, packed, new PackOptions { Target = "any" });
        using Checkpoint model = Checkpoint.Open(packed);
        Refuses<ModelMismatchException>(model, "must be merged into the model that it was packed from.");
        using Checkpoint gguf = Checkpoint.Open(path);
        Assert.Contains("general.type = nothing and adapter.type = nothing, but an adapter and lora are expected",
            Assert.Throws<ModelFormatException>(() => gguf.LoadAdapter(path)).Message, StringComparison.Ordinal);
    }

    private void Refuses<T>(Checkpoint model, string message)
        where T : Exception
        => Assert.EndsWith(message, Assert.Throws<T>(() => model.LoadAdapter(_folder.Path)).Message, StringComparison.Ordinal);

    // Numbers of their own, by module.
    private static float A(string module, int row, int column) => (float)Math.Sin((row * 31) + column + module[0]) / 16;

    private static float B(string module, int row, int column) => (float)Math.Cos((column * 17) + row + module[0]) / 16;

    private static (string Name, int Rows, int Columns)[] Pair(string module, int rows, int columns, int layer = 1) =>
    [
        ($"base_model.model.model.layers.{layer}.self_attn.{module}.lora_A.weight", 2, columns),
        ($"base_model.model.model.layers.{layer}.self_attn.{module}.lora_B.weight", rows, 2),
    ];

    private void WritePeft(string config, params (string Name, int Rows, int Columns)[][] pairs)
    {
        _folder.Write("adapter_config.json", Encoding.UTF8.GetBytes(config));
        List<float> data = [];
        List<string> header = [];
        foreach ((string name, int rows, int columns) in pairs.SelectMany(static pair => pair))
        {
            string[] parts = name.Split('.');
            string module = parts[^3];
            int start = data.Count * sizeof(float);
            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                    data.Add(parts[^2] == "lora_A" ? A(module, row, column) : B(module, row, column));
            }

            header.Add(
                $"{JsonSerializer.Serialize(name)}: {{ \"dtype\": \"F32\", \"shape\": [{rows}, {columns}], \"data_offsets\": [{start}, "
                    + $"{data.Count * sizeof(float)}] }}");
        }

        byte[] text = Encoding.UTF8.GetBytes($"{{ {string.Join(", ", header)} }}");
        _folder.Write("adapter_model.safetensors",
            [.. BitConverter.GetBytes((long)text.Length), .. text, .. MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(data))]);
    }

    private static float[] Read(Checkpoint checkpoint, string name)
    {
        Assert.True(checkpoint.TryGetTensor(name, out TensorView view));
        float[] elements = new float[view.Rows * view.Columns];
        for (int row = 0; row < view.Rows; row++)
            BlockFormats.DequantizeRow(view, row, elements.AsSpan(row * (int)view.Columns, (int)view.Columns));
        return elements;
    }
}
