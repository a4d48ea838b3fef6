using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Llamalith.StoryTraining.World;
using Llamalith.Tools;

namespace Llamalith.StoryTraining.Stages;

/// <summary>What a corpus is like.</summary>
/// <param name="Stories">Number of stories.</param>
/// <param name="Characters">Characters of all.</param>
/// <param name="Words">Words of all.</param>
/// <param name="DistinctWords">Different words.</param>
/// <param name="BitsPerStory">The mean of −log2 p over the stories: an exact number for each story, so an estimate of the world's
/// entropy.</param>
/// <param name="BitsPerStoryError">The standard error of that estimate.</param>
/// <param name="BitsPerCharacter">The same, by characters.</param>
/// <param name="Moods">How often each mood ends a story.</param>
internal sealed record CorpusReport(
    int Stories, long Characters, long Words, int DistinctWords, double BitsPerStory, double BitsPerStoryError, double BitsPerCharacter,
    IReadOnlyDictionary<string, int> Moods);

/// <summary>Writes stories to train on and stories to test with, one a line, and what they are like.</summary>
internal static class CorpusStage
{
    /// <summary>Its name, also its folder's.</summary>
    public const string Name = "corpus";

    /// <summary>The stories to train on.</summary>
    public const string TrainingFile = "train.txt";

    /// <summary>The stories that no training sees.</summary>
    public const string HeldOutFile = "heldout.txt";

    /// <summary>Writes both files; each is there whole or not at all.</summary>
    /// <returns>What the held-out stories are like.</returns>
    public static CorpusReport Run(Setup setup, int stories, int heldOut)
    {
        string folder = Path.Combine(setup.Folder, Name);
        Directory.CreateDirectory(folder);
        Write(setup, Path.Combine(folder, TrainingFile), Purpose.TrainingStory, stories);
        CorpusReport report = Write(setup, Path.Combine(folder, HeldOutFile), Purpose.HeldOutStory, heldOut);
        Report.Save(Path.Combine(folder, "report.json"), report);
        return report;
    }

    private static CorpusReport Write(Setup setup, string path, Purpose purpose, int count)
    {
        HashSet<string> distinct = [];
        Dictionary<string, int> moods = Moods.All.ToDictionary(Moods.WordOf, _ => 0);
        long characters = 0, words = 0;
        double bits = 0, squares = 0;
        AtomicFile.RemovePartial(path);
        AtomicFile.Write(path, stream =>
        {
            using StreamWriter writer = new(stream, new UTF8Encoding(false), 1 << 16, leaveOpen: true) { NewLine = "\n" };
            for (int i = 0; i < count; i++)
            {
                Story story = setup.World.Tell(setup.Seed, purpose, i);
                writer.WriteLine(story.Text);
                characters += story.Text.Length;
                bits += story.Bits;
                squares += story.Bits * story.Bits;
                moods[Moods.WordOf(story.Mood)]++;
                foreach (string word in Words.Of(story.Text))
                {
                    words++;
                    distinct.Add(word);
                }
            }
        });
        double mean = bits / count;
        double error = Math.Sqrt(Math.Max(0, (squares / count) - (mean * mean)) / count);
        return new CorpusReport(count, characters, words, distinct.Count, mean, error, bits / characters, moods);
    }
}
