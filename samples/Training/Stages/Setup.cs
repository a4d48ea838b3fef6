using System.IO;
using System.Linq;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.StoryTraining.Dialogues;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.World;
using Llamalith.Tokenization;

namespace Llamalith.StoryTraining.Stages;

/// <summary>What all stages of one run share.</summary>
/// <param name="Kit">The model.</param>
/// <param name="Folder">Where the run's files are.</param>
/// <param name="Seed">Where all its random numbers begin.</param>
/// <param name="Threads">Threads that compute; no result depends on them.</param>
internal sealed record Setup(ModelKit Kit, string Folder, ulong Seed, int Threads)
{
    /// <summary>The file of a model that a stage made.</summary>
    public const string ModelFile = "model.gguf";

    /// <summary>The stories.</summary>
    public StoryWorld World { get; init; } = new();

    /// <summary>The wishes.</summary>
    public WishWorld Wishes => new(World);

    /// <summary>One of the wishes that serve a purpose.</summary>
    public Wish WishAt(Purpose purpose, long place)
    {
        Dice dice = Dice.At(Seed, purpose, place);
        return Wishes.Draw(ref dice);
    }

    /// <summary>
    /// A story that serves a purpose, and its tokens as models learn it: begun and ended, and of one that is too long the beginning. The
    /// last token is only a target, so there is room for one more than the context.
    /// </summary>
    public (Story Story, int[] Tokens) StoryAt(Purpose purpose, long place, SentencePieceTokenizer tokenizer)
    {
        Story story = World.Tell(Seed, purpose, place);
        int[] tokens = tokenizer.Encode(story.Text, addBos: true, addEos: true);
        return (story, tokens.Length <= Kit.Shape.Context + 1 ? tokens : tokens[..(Kit.Shape.Context + 1)]);
    }

    /// <summary>Everything that results depend on.</summary>
    public override string ToString() => $"seed {Seed}, world {World.Grammar.Fingerprint}, {Kit.Shape}";

    /// <summary>The model that a stage made.</summary>
    public string ModelOf(string stage) => Path.Combine(Folder, stage, ModelFile);

    /// <summary>The tokenizer that the run made.</summary>
    public SentencePieceTokenizer OpenTokenizer()
    {
        string path = Path.Combine(Folder, TokenizerStage.Name, TokenizerStage.File);
        if (!System.IO.File.Exists(path))
            throw new StageException($"{path} is missing: `tokenizer` makes it.");

        // As GGUF files will have it: SentencePiece's own rules of merging.
        GgufTokenizerMetadata tokenizer = ((SentencePieceTokenizer)TokenizerLoader.Open(path, Kit.Shape.VocabSize)).ToGguf();
        return SentencePieceTokenizer.FromPieces(
            tokenizer.Tokens, tokenizer.Scores, [.. tokenizer.TokenTypes.Select(kind => (TokenKind)kind)], source: path);
    }

    /// <summary>How trainers run whose batches have so many sequences at most.</summary>
    public TrainerOptions Trainer(int sequences, bool forwardOnly = false) =>
        new() { Threads = Threads, TokenCapacity = sequences * Kit.Shape.Context, ForwardOnly = forwardOnly };
}
