namespace Llamalith.Sampling;

/// <summary>One of the steps by which a token is chosen.</summary>
public enum SamplerKind
{
    /// <summary>Repetition, frequency and presence penalties.</summary>
    Penalties,

    /// <summary>DRY, which penalizes what would prolong a repetition.</summary>
    Dry,

    /// <summary>Top-n-sigma, which keeps what is within so many standard deviations of the best logit.</summary>
    TopNSigma,

    /// <summary>Top-k, which keeps so many of the likeliest.</summary>
    TopK,

    /// <summary>Locally typical sampling, which keeps what is about as surprising as was to be expected.</summary>
    TypicalP,

    /// <summary>Top-p, which keeps the nucleus.</summary>
    TopP,

    /// <summary>Min-p, which keeps what is at least some share as likely as the likeliest.</summary>
    MinP,

    /// <summary>XTC, which now and then excludes all but the last of the likely ones.</summary>
    Xtc,

    /// <summary>The temperature, fixed or dynamic.</summary>
    Temperature,
}
