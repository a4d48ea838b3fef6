using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;

namespace Llamalith.Generator.Emission.Training;

/// <summary>Trainer.g.cs: a trainer as callers meet it.</summary>
internal static class TrainerClassEmitter
{
    public static string Write(ModelPlan plan)
    {
        const string Contracts = ModelFile.Contracts;
        string engine = $"global::{plan.Spec.EngineNamespace}.Engine";
        return ModelFile.Write(plan.Spec, "", writer =>
        {
            writer.Line("/// <summary>Trains the model: a forward pass over batches of sequences, "
                + "and the gradient of every weight.</summary>");
            writer.Line(FileOpening.GeneratedCode);
            writer.Block($"public sealed class Trainer : {Contracts}.ITrainer<Trainer>", () => writer.Line($$"""
                private readonly {{engine}}.Trainer _engine;

                private Trainer({{engine}}.Trainer engine) => _engine = engine;

                /// <summary>What the class was compiled for.</summary>
                public static {{Contracts}}.ModelShape CompiledShape => {{engine}}.CompiledShape;

                /// <summary>What the class was compiled for.</summary>
                public {{Contracts}}.ModelShape Shape => CompiledShape;

                /// <summary>Which elements of a head the rows of the query and key weights pair up.</summary>
                public global::Llamalith.RopeLayout RopeLayout => {{engine}}.Trainer.RopeLayout;

                /// <summary>The instruction set in use.</summary>
                public string InstructionSet => {{engine}}.InstructionSet!;

                /// <summary>The threads that run it.</summary>
                public {{Contracts}}.WorkerTeam Team => _engine.Team;

                /// <summary>The weights and their gradients.</summary>
                public {{Contracts}}.ParameterSet Parameters => _engine.Parameters;

                /// <summary>Most tokens of one batch.</summary>
                public int TokenCapacity => _engine.TokenCapacity;

                /// <summary>Number of tokens of the last forward pass.</summary>
                public int Tokens => _engine.Count;

                /// <summary>A model to train from nothing.</summary>
                public static Trainer Create(long seed, {{Contracts}}.TrainerOptions? options = null)
                {
                    {{engine}}.Trainer trainer = new(options);
                    {{Contracts}}.ModelParameters.Initialize(trainer.Parameters, CompiledShape, seed);
                    return new Trainer(trainer);
                }

                /// <summary>A model to train further: a copy of the checkpoint's weights.</summary>
                public static Trainer Load({{Contracts}}.Checkpoint checkpoint, {{Contracts}}.TrainerOptions? options = null)
                {
                    global::System.ArgumentNullException.ThrowIfNull(checkpoint);
                    {{engine}}.Trainer trainer = new(options);
                    try
                    {
                        {{Contracts}}.ModelParameters.Load(trainer.Parameters, checkpoint, CompiledShape, {{engine}}.Trainer.RopeLayout);
                    }
                    catch
                    {
                        trainer.Dispose();
                        throw;
                    }

                    return new Trainer(trainer);
                }

                /// <summary>Runs a batch of sequences that lie one after the other.</summary>
                public void Forward(global::System.ReadOnlySpan<int> tokens, global::System.ReadOnlySpan<int> sequenceLengths) =>
                    _engine.Forward(tokens, sequenceLengths);

                /// <summary>One token's residual stream after the final norm [Dim], valid until the next pass.</summary>
                public global::System.ReadOnlySpan<float> Hidden(int token) => _engine.Hidden(token);

                /// <summary>Shows the logits of the last forward pass, a few tokens at a time.</summary>
                public void ReadLogits({{Contracts}}.ILogitsReader reader) => _engine.ReadLogits(reader);

                /// <summary>Adds the gradients of a loss of the last forward pass.</summary>
                public void Backward({{Contracts}}.ILogitsLoss? loss, global::System.ReadOnlySpan<float> hiddenGradient = default) =>
                    _engine.Backward(loss, hiddenGradient);

                /// <summary>Ends the threads and frees weights, gradients and activations.</summary>
                public void Dispose() => _engine.Dispose();
                """));
        });
    }
}
