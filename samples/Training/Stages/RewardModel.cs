using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using Llamalith.Chat;
using Llamalith.Contracts;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.Tokenization;
using Llamalith.Tools;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Stages;

/// <summary>A transformer with a scalar head: its score of a conversation is the head's at the last token.</summary>
internal sealed class RewardModel : IDisposable
{
    private const string HeadFile = "head.bin";
    private const int MostSequences = 16;

    private RewardModel(ITrainer trainer, LinearHead head) => (Trainer, Head) = (trainer, head);

    /// <summary>The transformer.</summary>
    public ITrainer Trainer { get; }

    /// <summary>The head.</summary>
    public LinearHead Head { get; }

    /// <summary>A model to train: the transformer that a stage made, with a head of zeros.</summary>
    /// <param name="setup">The run.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="sequences">Most sequences of a batch.</param>
    public static RewardModel Begin(Setup setup, string stage, int sequences) =>
        new(setup.Kit.LoadTrainer(setup.ModelOf(stage), setup.Trainer(sequences)), new LinearHead(setup.Kit.Shape.Dim));

    /// <summary>Opens what a reward stage made, to score with.</summary>
    public static RewardModel Open(Setup setup, string stage)
    {
        ITrainer trainer = setup.Kit.LoadTrainer(setup.ModelOf(stage), setup.Trainer(MostSequences, forwardOnly: true));
        LinearHead head = new(setup.Kit.Shape.Dim);
        string path = Path.Combine(setup.Folder, stage, HeadFile);
        byte[] bytes = File.ReadAllBytes(path);
        if (bytes.Length != head.Parameters.Count * sizeof(float))
        {
            throw new StageException(
                $"{path} has {bytes.Length} bytes, but a head over Dim = {setup.Kit.Shape.Dim} has "
                    + $"{head.Parameters.Count * sizeof(float)}.");
        }

        int at = 0;
        foreach (Parameter parameter in head.Parameters.Items)
        {
            MemoryMarshal.Cast<byte, float>(bytes.AsSpan(at, parameter.Length * sizeof(float))).CopyTo(head.Parameters.Weights(parameter));
            at += parameter.Length * sizeof(float);
        }

        return new RewardModel(trainer, head);
    }

    /// <summary>Writes the head beside the model.</summary>
    public static void SaveHead(LinearHead head, string folder) => AtomicFile.Write(Path.Combine(folder, HeadFile), stream =>
    {
        foreach (Parameter parameter in head.Parameters.Items)
            stream.Write(MemoryMarshal.AsBytes(head.Parameters.Weights(parameter)));
    });

    /// <summary>What is scored: a prompt and its answer, EOS included.</summary>
    public static int[] Encode(Tokenizer tokenizer, Wish wish, string answer) =>
        Llama2ChatTemplate.Encode(tokenizer, [new ChatTurn(wish.Text, answer)]).Tokens;

    /// <summary>Scores of sequences.</summary>
    public float[] Score(IReadOnlyList<int[]> sequences)
    {
        float[] scores = new float[sequences.Count];
        for (int begin = 0; begin < sequences.Count; begin += MostSequences)
        {
            List<int> tokens = [], lengths = [];
            for (int i = begin; i < Math.Min(sequences.Count, begin + MostSequences); i++)
            {
                tokens.AddRange(sequences[i]);
                lengths.Add(sequences[i].Length);
            }

            Trainer.Forward(CollectionsMarshal.AsSpan(tokens), CollectionsMarshal.AsSpan(lengths));
            int end = 0;
            for (int i = 0; i < lengths.Count; i++)
                scores[begin + i] = ScoreAt((end += lengths[i]) - 1);
        }

        return scores;
    }

    /// <summary>The score at a token of the last forward pass.</summary>
    public float ScoreAt(int place) => Head.Score(Trainer.Hidden(place));

    /// <summary>Adds the gradients of the last forward pass: the loss's by the scores at some tokens are given.</summary>
    public void Backward(ReadOnlySpan<int> places, ReadOnlySpan<float> gradients)
    {
        int dim = Trainer.Hidden(0).Length;
        float[] hiddenGradient = new float[Trainer.Tokens * dim];
        for (int i = 0; i < places.Length; i++)
            Head.Backward(Trainer.Hidden(places[i]), gradients[i], hiddenGradient.AsSpan(places[i] * dim, dim));
        Trainer.Backward(null, hiddenGradient);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Head.Dispose();
        Trainer.Dispose();
    }
}
