using System.Collections.Generic;
using Buffer = Llamalith.Generator.Planning.TrainingBuffer;

namespace Llamalith.Generator.Planning;

/// <summary>What a step of a training pass reads and writes. Those of a layer are kept from the forward to the backward pass.</summary>
internal enum TrainingBuffer
{
    /// <summary>The residual stream before a layer (and after the last), kept.</summary>
    Input,

    /// <summary>The residual stream between attention and feed-forward network, kept.</summary>
    Middle,

    /// <summary>A norm of either, computed anew in the backward pass.</summary>
    Normed,

    /// <summary>What each token's norm was scaled by.</summary>
    Scales,

    /// <summary>Rotated queries and keys, and values, kept.</summary>
    Qkv,

    /// <summary>What attention gives, kept; and each head's logarithm of the softmax's sum.</summary>
    Attended,

    /// <summary>Gate and Up before SwiGLU, kept; the backward pass replaces them by their gradients.</summary>
    GateUp,

    /// <summary>silu(gate) ⊙ up, computed anew in the backward pass.</summary>
    Hidden,

    /// <summary>What the classifier sees.</summary>
    Final,

    /// <summary>Gradient of the residual stream.</summary>
    InputGradient,

    /// <summary>Gradient of a norm.</summary>
    NormedGradient,

    /// <summary>Gradient of Hidden.</summary>
    HiddenGradient,

    /// <summary>Gradient of Attended.</summary>
    AttendedGradient,

    /// <summary>Gradient of queries, keys and values.</summary>
    QkvGradient,
}

/// <summary>What a step of a training pass computes.</summary>
internal enum TrainingOperation
{
    /// <summary>RMSNorm, and the scale of each token.</summary>
    Norm,

    /// <summary>Gradient of RMSNorm by its input, added to the residual stream's.</summary>
    NormBackward,

    /// <summary>Gradient of RMSNorm by its weights.</summary>
    NormWeights,

    /// <summary>y = x · Wᵀ of one or more matrices that share an input, plus the residual stream where that is read too.</summary>
    Project,

    /// <summary>Gradient of a product by its input: dx = Σ dy · W over its matrices.</summary>
    ProjectBackward,

    /// <summary>Gradient of a product by its weights: dW += dyᵀ · x, and of the biases.</summary>
    ProjectWeights,

    /// <summary>Biases and rotary embedding.</summary>
    Rotate,

    /// <summary>The same backwards.</summary>
    RotateBackward,

    /// <summary>Causal attention of each sequence.</summary>
    Attend,

    /// <summary>Its gradient: scores are computed anew, a block of queries at a time.</summary>
    AttendBackward,

    /// <summary>silu(gate) ⊙ up.</summary>
    SwiGlu,

    /// <summary>Its gradient, in the place of gate and up; and its value anew.</summary>
    SwiGluBackward,

    /// <summary>Gradient of the token embedding.</summary>
    Embedding,
}

/// <summary>
/// One step of a training pass. <see cref="Tensors"/> are the layer's weights that it reads; none where they are the final norm's.
/// </summary>
internal sealed record TrainingStep(
    TrainingOperation Operation,
    IReadOnlyList<TrainingBuffer> Reads,
    IReadOnlyList<TrainingBuffer> Writes,
    Split Split,
    params LayerTensor[] Tensors);

/// <summary>A step of a training schedule: <see cref="BarrierBefore"/> where all threads must meet first.</summary>
internal sealed record ScheduledTrainingStep(TrainingStep Step, bool BarrierBefore);

/// <summary>The steps before the layers, of every layer, and after them.</summary>
internal sealed record TrainingSchedule(
    IReadOnlyList<ScheduledTrainingStep> Before, IReadOnlyList<ScheduledTrainingStep> Layer, IReadOnlyList<ScheduledTrainingStep> After);

/// <summary>
/// What a training step computes, and in which order. Tokens are shared out once: a thread takes its own through all that tokens do not
/// share with each other. Only attention, which looks across a sequence, and the gradients of weights, which sum over all tokens, meet at
/// barriers.
/// </summary>
internal static class TrainingGraph
{
    /// <summary>The forward pass.</summary>
    public static TrainingSchedule Forward { get; } = Scheduler.Training(
        [],
        [
            new(TrainingOperation.Norm, [Buffer.Input], [Buffer.Normed, Buffer.Scales], Split.Tokens, LayerTensors.AttentionNorm),
            new(TrainingOperation.Project, [Buffer.Normed], [Buffer.Qkv],
                Split.Tokens, LayerTensors.Query, LayerTensors.Key, LayerTensors.Value),
            new(TrainingOperation.Rotate, [Buffer.Qkv], [Buffer.Qkv], Split.Tokens),
            new(TrainingOperation.Attend, [Buffer.Qkv], [Buffer.Attended], Split.KvHeads),
            new(TrainingOperation.Project, [Buffer.Attended, Buffer.Input], [Buffer.Middle], Split.Tokens, LayerTensors.AttentionOutput),
            new(TrainingOperation.Norm, [Buffer.Middle], [Buffer.Normed, Buffer.Scales], Split.Tokens, LayerTensors.FfnNorm),
            new(TrainingOperation.Project, [Buffer.Normed], [Buffer.GateUp], Split.Tokens, LayerTensors.Gate, LayerTensors.Up),
            new(TrainingOperation.SwiGlu, [Buffer.GateUp], [Buffer.Hidden], Split.Tokens),
            new(TrainingOperation.Project, [Buffer.Hidden, Buffer.Middle], [Buffer.Input], Split.Tokens, LayerTensors.Down),
        ],
        [new(TrainingOperation.Norm, [Buffer.Input], [Buffer.Final, Buffer.Scales], Split.Tokens)]);

    /// <summary>The backward pass, from the gradient of what the classifier sees on.</summary>
    public static TrainingSchedule Backward { get; } = Scheduler.Training(
        [
            new(TrainingOperation.Norm, [Buffer.Input], [Buffer.Normed, Buffer.Scales], Split.Tokens),
            new(TrainingOperation.NormBackward, [Buffer.Input, Buffer.NormedGradient], [Buffer.InputGradient], Split.Tokens),
            new(TrainingOperation.NormWeights, [Buffer.Input, Buffer.NormedGradient, Buffer.Scales], [], Split.Rows),
        ],
        [
            new(TrainingOperation.ProjectBackward, [Buffer.InputGradient], [Buffer.HiddenGradient], Split.Tokens, LayerTensors.Down),
            new(TrainingOperation.SwiGluBackward, [Buffer.GateUp, Buffer.HiddenGradient], [Buffer.GateUp, Buffer.Hidden], Split.Tokens),
            new(TrainingOperation.Norm, [Buffer.Middle], [Buffer.Normed, Buffer.Scales], Split.Tokens, LayerTensors.FfnNorm),
            new(TrainingOperation.ProjectBackward, [Buffer.GateUp], [Buffer.NormedGradient],
                Split.Tokens, LayerTensors.Gate, LayerTensors.Up),
            new(TrainingOperation.ProjectWeights, [Buffer.InputGradient, Buffer.Hidden], [], Split.Rows, LayerTensors.Down),
            new(TrainingOperation.ProjectWeights, [Buffer.GateUp, Buffer.Normed], [], Split.Rows, LayerTensors.Gate, LayerTensors.Up),
            new(TrainingOperation.NormWeights, [Buffer.Middle, Buffer.NormedGradient, Buffer.Scales], [], Split.Rows, LayerTensors.FfnNorm),
            new(TrainingOperation.NormBackward, [Buffer.Middle, Buffer.NormedGradient, Buffer.InputGradient], [Buffer.InputGradient],
                Split.Tokens, LayerTensors.FfnNorm),
            new(TrainingOperation.ProjectBackward, [Buffer.InputGradient], [Buffer.AttendedGradient],
                Split.Tokens, LayerTensors.AttentionOutput),
            new(TrainingOperation.ProjectWeights, [Buffer.InputGradient, Buffer.Attended], [], Split.Rows, LayerTensors.AttentionOutput),
            new(TrainingOperation.AttendBackward, [Buffer.Qkv, Buffer.Attended, Buffer.AttendedGradient], [Buffer.QkvGradient],
                Split.KvHeads),
            new(TrainingOperation.RotateBackward, [Buffer.QkvGradient], [Buffer.QkvGradient], Split.Tokens),
            new(TrainingOperation.Norm, [Buffer.Input], [Buffer.Normed, Buffer.Scales], Split.Tokens, LayerTensors.AttentionNorm),
            new(TrainingOperation.ProjectBackward, [Buffer.QkvGradient], [Buffer.NormedGradient],
                Split.Tokens, LayerTensors.Query, LayerTensors.Key, LayerTensors.Value),
            new(TrainingOperation.ProjectWeights, [Buffer.QkvGradient, Buffer.Normed], [],
                Split.Rows, LayerTensors.Query, LayerTensors.Key, LayerTensors.Value),
            new(TrainingOperation.NormWeights, [Buffer.Input, Buffer.NormedGradient, Buffer.Scales], [],
                Split.Rows, LayerTensors.AttentionNorm),
            new(TrainingOperation.NormBackward, [Buffer.Input, Buffer.NormedGradient, Buffer.InputGradient], [Buffer.InputGradient],
                Split.Tokens, LayerTensors.AttentionNorm),
        ],
        [new(TrainingOperation.Embedding, [Buffer.InputGradient], [], Split.Rows)]);
}
