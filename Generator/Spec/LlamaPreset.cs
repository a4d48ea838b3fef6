namespace Llamalith.Generator.Spec;

/// <summary>Mirror of the attribute assembly's enum.</summary>
internal enum LlamaPreset
{
    None = 0,
    Llama2_7B = 1,
    Llama2_13B = 2,
    Llama2_70B = 3,
    TinyLlama1_1B = 4,
}
