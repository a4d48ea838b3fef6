using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using Llamalith.Contracts;
using Llamalith.StoryTraining;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.Stages;
using Llamalith.Tests.Readers;

namespace Llamalith.Tests.Training;

/// <summary>Every stage, on a model that trains in seconds.</summary>
public sealed class StageTests : IDisposable
{
    private static readonly ModelKit s_kit = ModelKit.Of<TinyLlama, TinyLlama.Trainer>();

    private readonly PreparedRun _prepared;
    private readonly TempFolder _folder = new();

    public StageTests(PreparedRun prepared) => _prepared = prepared;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void KilledRun_GoesOnAsIfItHadNotBeen()
    {
        (string whole, string cut) = (_folder["whole"], _folder["cut"]);
        CopyRun(whole);
        CopyRun(cut);
        Finish(Pretrain(whole), whole);

        // Killed in the middle of step 4. Left are a torn state, a line of the log that no state knows of, and a torn one.
        using (Killed stage = new(Pretrain(cut), at: 4))
            Assert.Throws<KilledException>(() => StageRunner.Run(stage, Options(cut) with { SaveEvery = TimeSpan.Zero }));
        string state = Path.Combine(cut, "pretrain", "state.bin");
        File.WriteAllBytes(state + ".0123.partial", File.ReadAllBytes(state)[..1000]);
        File.AppendAllText(Path.Combine(cut, "pretrain", "log.csv"), "4,99999,1,2,3,,\n5,9");
        Finish(Pretrain(cut), cut);

        Assert.Equal(
            File.ReadAllText(Path.Combine(whole, "pretrain", "log.csv")), File.ReadAllText(Path.Combine(cut, "pretrain", "log.csv")));
        Assert.Equal(File.ReadAllBytes(Path.Combine(whole, "pretrain", "model.gguf")),
            File.ReadAllBytes(Path.Combine(cut, "pretrain", "model.gguf")));
        Assert.Empty(Directory.GetFiles(Path.Combine(cut, "pretrain"), "*.partial"));
    }

    [Fact]
    public void CancelledRun_SavesAndGoesOn()
    {
        string folder = _folder["cancelled"];
        CopyRun(folder);
        using (PretrainStage stage = Pretrain(folder))
            Assert.False(StageRunner.Run(stage, Options(folder) with { Cancellation = new CancellationToken(canceled: true) }));
        Finish(Pretrain(folder), folder);
    }

    [Fact]
    public void State_ThatIsDamagedOrOfOtherSettingsIsRefused()
    {
        string folder = _folder["damaged"];
        CopyRun(folder);
        string state = Path.Combine(folder, "pretrain", "state.bin");
        using (Killed stage = new(Pretrain(folder), at: 2))
            Assert.Throws<KilledException>(() => StageRunner.Run(stage, Options(folder) with { SaveEvery = TimeSpan.Zero }));

        using (PretrainStage other = new(Setup(folder), new Pace(6, 2, 1e-2), testEvery: 3, heldOut: 10))
            Assert.Contains("other settings", Assert.Throws<StageException>(() => StageRunner.Run(other, Options(folder))).Message,
                StringComparison.Ordinal);

        byte[] bytes = File.ReadAllBytes(state);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(state, bytes);
        using PretrainStage again = Pretrain(folder);
        Assert.Contains(
            "damaged", Assert.Throws<StageException>(() => StageRunner.Run(again, Options(folder))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Stage_BeforeItsPredecessorSaysWhatIsMissing()
    {
        string folder = _folder["empty"];
        Assert.Contains("tokenizer", Assert.Throws<StageException>(() => Pretrain(folder)).Message, StringComparison.Ordinal);
        CopyRun(folder);
        Assert.Contains("model.gguf is missing",
            Assert.Throws<StageException>(() => new SftStage(Setup(folder), new Pace(1, 1, 1e-3))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RankingLoss_OfEqualScoresIsTheLogarithmOfTwo()
    {
        string folder = _folder["equal"];
        CopyRun(folder);
        Finish(Pretrain(folder), folder);
        File.Copy(Setup(folder).ModelOf(PretrainStage.Folder),
            Path.Combine(Directory.CreateDirectory(Path.Combine(folder, "sft")).FullName, "model.gguf"));

        // A head of zeros scores all alike, and without margins no pair is to lead by anything. One step later the scores differ.
        Finish(new RewardStage(Setup(folder), Aspect.Helpfulness, new Pace(2, 8, 1e-2), marginStep: 0, heldOut: 4), folder);
        double[] losses = Column(folder, RewardStage.FolderOf(Aspect.Helpfulness), 3);
        Assert.Equal(Math.Log(2), losses[0], 1e-15);
        Assert.NotEqual(Math.Log(2), losses[1], 1e-6);
    }

    [Fact]
    public void Pipeline_RunsFromNothingToTheModel()
    {
        string folder = _folder["all"];
        CopyRun(folder);
        Setup setup = Setup(folder);
        Finish(Pretrain(folder), folder);
        PretrainReport pretrained = Report.Load<PretrainReport>(Path.Combine(folder, "pretrain", "report.json"));
        Assert.True(pretrained.HeldOutPerplexity > pretrained.FloorPerplexity && pretrained.FloorPerplexity > 1);

        Finish(new SftStage(setup, new Pace(2, 4, 1e-3), testEvery: 1, judged: 6), folder);
        foreach (Aspect aspect in Enum.GetValues<Aspect>())
        {
            Finish(new RewardStage(setup, aspect, new Pace(2, 4, 1e-3), testEvery: 2, heldOut: 16), folder);

            // A head of zeros scores all alike: the loss is ln 2 without margins, and ln(1 + e) with the largest.
            double first = Column(folder, RewardStage.FolderOf(aspect), 3)[0];
            Assert.InRange(first, Math.Log(2) - 1e-6, Math.Log(1 + Math.E) + (0.5 * 2 * Math.Log(2)));
        }

        Finish(new RejectionStage(setup, new Pace(1, 3, 1e-4), answers: 2, judged: 6), folder);

        // From here on as if nothing had been learned, so that the policy is the reference itself.
        File.Copy(setup.ModelOf(SftStage.Folder), setup.ModelOf(RejectionStage.Folder), overwrite: true);
        Finish(new PpoStage(setup, new Pace(2, 4, 1e-3), new PpoOptions { MiniBatch = 2, Judged = 6 }), folder);
        Assert.Equal(0, Column(folder, "ppo", 4)[0], 1e-6);
        Assert.NotEqual(0, Column(folder, "ppo", 4)[1]);
        Assert.All(Column(folder, "ppo", 6), ratio => Assert.Equal(1, ratio, 1e-6));
        Assert.All(Column(folder, "ppo", 7), divergence => Assert.Equal(0, divergence, 1e-6));

        IReadOnlyList<TruthReport> table = ExportStage.Run(setup);
        Assert.Equal(["sft", "rejection", "ppo"], table.Select(row => row.Model));
        using Checkpoint exported = Checkpoint.Open(Path.Combine(folder, "export", "stories.gguf"));
        Assert.Equal(TinyLlama.CompiledShape.Dim, exported.Shape.Dim);
        Assert.All((string[])["pretrain", "sft", "reward-safety", "rejection", "ppo"],
            stage => Assert.Equal("PNG"u8, File.ReadAllBytes(Path.Combine(folder, stage, "curves.png")).AsSpan(1, 3)));
    }

    [Fact]
    public void PpoRun_ThatWasKilledGoesOnAsIfItHadNotBeen()
    {
        (string whole, string cut) = (_folder["ppo-whole"], _folder["ppo-cut"]);
        CopyRun(whole);
        Setup setup = Setup(whole);
        Finish(Pretrain(whole), whole);
        Finish(new SftStage(setup, new Pace(1, 2, 1e-3), judged: 2), whole);
        Finish(new RewardStage(setup, Aspect.Helpfulness, new Pace(1, 2, 1e-3), heldOut: 4), whole);
        Finish(new RewardStage(setup, Aspect.Safety, new Pace(1, 2, 1e-3), heldOut: 4), whole);
        Finish(new RejectionStage(setup, new Pace(1, 2, 1e-4), answers: 2, judged: 2), whole);
        CopyFolder(whole, cut);
        Finish(Ppo(whole), whole);
        using (Killed stage = new(Ppo(cut), at: 2))
            Assert.Throws<KilledException>(() => StageRunner.Run(stage, Options(cut) with { SaveEvery = TimeSpan.Zero }));
        Finish(Ppo(cut), cut);
        Assert.Equal(File.ReadAllText(Path.Combine(whole, "ppo", "log.csv")), File.ReadAllText(Path.Combine(cut, "ppo", "log.csv")));
    }

    private static Setup Setup(string folder) => new(s_kit, folder, Seed: 3, Threads: 2);

    private static RunOptions Options(string folder) => new() { Folder = folder, Quiet = true };

    private static PretrainStage Pretrain(string folder) => new(Setup(folder), new Pace(6, 2, 1e-3), testEvery: 3, heldOut: 10);

    private static PpoStage Ppo(string folder) => new(Setup(folder), new Pace(4, 4, 1e-3), new PpoOptions { MiniBatch = 2, Judged = 2 });

    private static void Finish(IStage stage, string folder)
    {
        using (stage)
            Assert.True(StageRunner.Run(stage, Options(folder)));
    }

    private static double[] Column(string folder, string stage, int column) =>
        [.. File.ReadAllLines(Path.Combine(folder, stage, "log.csv")).Skip(1)
            .Select(line => double.Parse(line.Split(',')[column], CultureInfo.InvariantCulture))];

    private void CopyRun(string folder) => CopyFolder(_prepared.Folder, folder);

    private static void CopyFolder(string from, string to)
    {
        foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    /// <summary>A stage that dies before a step is done.</summary>
    private sealed class Killed(IStage stage, int at) : IStage
    {
        public string Name => stage.Name;

        public string Settings => stage.Settings;

        public int Steps => stage.Steps;

        public IReadOnlyList<string> Columns => stage.Columns;

        public StepResult Step(int step)
        {
            StepResult result = stage.Step(step);
            return step == at ? throw new KilledException() : result;
        }

        public void Save(BinaryWriter writer) => stage.Save(writer);

        public void Load(BinaryReader reader) => stage.Load(reader);

        public void Finish(string folder, StepLog log) => stage.Finish(folder, log);

        public void Dispose() => stage.Dispose();
    }

    private sealed class KilledException : Exception;
}
