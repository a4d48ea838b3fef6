namespace Llamalith;

/// <summary>Which elements of a head the rotary embedding turns together.</summary>
public enum RopeLayout
{
    /// <summary>Neighbours, (0,1), (2,3), ...: Meta's checkpoints, llama2.c, GGUF llama files.</summary>
    Interleaved = 0,

    /// <summary>Element i with element i + HeadDim/2: Hugging Face checkpoints.</summary>
    HalfSplit = 1,
}
