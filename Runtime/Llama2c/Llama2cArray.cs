namespace Llamalith.Llama2c;

/// <summary>The arrays of a llama2.c checkpoint; those of the layers hold one tensor a layer, one after the other.</summary>
public enum Llama2cArray
{
    /// <summary>token_embedding_table [vocab_size, dim].</summary>
    TokenEmbedding,

    /// <summary>rms_att_weight [dim], of each layer.</summary>
    AttentionNorm,

    /// <summary>wq [n_heads·head_size, dim], of each layer.</summary>
    Query,

    /// <summary>wk [n_kv_heads·head_size, dim], of each layer.</summary>
    Key,

    /// <summary>wv [n_kv_heads·head_size, dim], of each layer.</summary>
    Value,

    /// <summary>wo [dim, n_heads·head_size], of each layer.</summary>
    AttentionOutput,

    /// <summary>rms_ffn_weight [dim], of each layer.</summary>
    FfnNorm,

    /// <summary>w1 [hidden_dim, dim], of each layer.</summary>
    Gate,

    /// <summary>w2 [dim, hidden_dim], of each layer.</summary>
    Down,

    /// <summary>w3 [hidden_dim, dim], of each layer.</summary>
    Up,

    /// <summary>rms_final_weight [dim].</summary>
    FinalNorm,

    /// <summary>freq_cis_real [seq_len, head_size / 2]: cosines that version 0 carries and nothing uses.</summary>
    RopeCosines,

    /// <summary>freq_cis_imag [seq_len, head_size / 2]: sines that version 0 carries and nothing uses.</summary>
    RopeSines,

    /// <summary>wcls [vocab_size, dim], where it is not the token embedding.</summary>
    Classifier,
}
