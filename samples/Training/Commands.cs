using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.Linq;
using System.Runtime.InteropServices;
using System.Threading;
using Llamalith.StoryTraining.Models;
using Llamalith.StoryTraining.Running;
using Llamalith.StoryTraining.Stages;
using Spectre.Console;

namespace Llamalith.StoryTraining;

/// <summary>One verb a stage, and one for all of them.</summary>
internal static class Commands
{
    // As shells report a program that Ctrl+C ended.
    private const int Interrupted = 130;

    private static readonly Option<string> s_folder =
        new("--out") { HelpName = "folder", Description = "Where the run's files are.", DefaultValueFactory = _ => "runs/stories" };
    private static readonly Option<ulong> s_seed =
        new("--seed") { HelpName = "number", Description = "Where all random numbers begin.", DefaultValueFactory = _ => 1 };
    private static readonly Option<int> s_threads = new("--threads") { HelpName = "count",
        Description = "Threads that compute; no result depends on them.", DefaultValueFactory = _ => Environment.ProcessorCount };
    private static readonly Option<int> s_stories =
        Count("--stories", "Stories in the corpus to train the vocabulary on and to read.", 50000);
    private static readonly Option<int> s_heldOut = Count("--held-out", "Stories that no training sees.", 2000);
    private static readonly Option<double> s_klPenalty = new("--kl-penalty") { HelpName = "number",
        Description = "What PPO takes from the reward for a nat of KL to the fine-tuned model.", DefaultValueFactory = _ => 0.05 };
    private static readonly Option<int> s_answers = Count("--answers", "Answers to each wish that rejection sampling chooses from.", 8);
    private static readonly Option<int> s_judged = Count("--judged", "Answers that are judged at the end of a stage.", 400);

    private static readonly PaceOptions s_pretrain = new("", new Pace(16000, 16, 3e-3));
    private static readonly PaceOptions s_sft = new("", new Pace(6000, 16, 2e-3));
    private static readonly PaceOptions s_helpfulness = new("helpfulness-", new Pace(1040, 16, 3e-4));
    private static readonly PaceOptions s_safety = new("safety-", new Pace(500, 16, 3e-4));
    private static readonly PaceOptions s_rejection = new("rejection-", new Pace(60, 16, 2e-4));
    private static readonly PaceOptions s_ppo = new("ppo-", new Pace(80, 64, 1e-4));

    /// <summary>The whole command line.</summary>
    public static RootCommand Root()
    {
        Command all = Verb("all", "Runs every stage from nothing to the default model; goes on where it was left.", RunAll);
        RootCommand root =
            new("Llama 2's training pipeline on a model that two cores can train: corpus, tokenizer, pretrain, sft, reward, rlhf.")
        {
            Verb("corpus", "Writes stories, and says how much is in them.", (parsed, setup, _) => Corpus(parsed, setup), s_stories,
                s_heldOut),
            Verb("tokenizer", "Learns the vocabulary from the corpus.", (parsed, setup, _) => Tokenizer(parsed, setup), s_heldOut),
            Verb("pretrain", "Learns the next token of stories.", (parsed, setup, run) =>
                Pretrain(setup, run, s_pretrain.Of(parsed), parsed.GetValue(s_heldOut)), [.. s_pretrain.All, s_heldOut]),
            Verb("sft", "Learns to answer wishes.", (parsed, setup, run) => Sft(setup, run, s_sft.Of(parsed), parsed.GetValue(s_judged)),
                [.. s_sft.All, s_judged]),
            Verb("reward", "Learns which answer is better: helpfulness, then safety.",
                (parsed, setup, run) => Reward(setup, run, s_helpfulness.Of(parsed), s_safety.Of(parsed)),
                [.. s_helpfulness.All, .. s_safety.All]),
            Verb("rlhf", "Rejection sampling, then proximal policy optimisation.",
                (parsed, setup, run) => Rlhf(setup, run, s_rejection.Of(parsed), s_ppo.Of(parsed), parsed.GetValue(s_answers),
                    parsed.GetValue(s_klPenalty), parsed.GetValue(s_judged)),
                [.. s_rejection.All, .. s_ppo.All, s_answers, s_klPenalty, s_judged]),
            Verb("export", "Writes the model in 8 bits, and all results in one table.", (_, setup, _) => Export(setup)),
            all,
        };
        return root;
    }

    private static bool RunAll(ParseResult parsed, Setup setup, RunOptions run) =>
        Corpus(parsed, setup) && Tokenizer(parsed, setup)
        && Pretrain(setup, run, s_pretrain.Defaults, s_heldOut.DefaultValueFactory!(null!))
        && Sft(setup, run, s_sft.Defaults, s_judged.DefaultValueFactory!(null!))
        && Reward(setup, run, s_helpfulness.Defaults, s_safety.Defaults)
        && Rlhf(setup, run, s_rejection.Defaults, s_ppo.Defaults, s_answers.DefaultValueFactory!(null!),
            s_klPenalty.DefaultValueFactory!(null!), s_judged.DefaultValueFactory!(null!))
        && Export(setup);

    private static bool Corpus(ParseResult parsed, Setup setup)
    {
        CorpusReport report = CorpusStage.Run(setup, ValueOf(parsed, s_stories), ValueOf(parsed, s_heldOut));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"corpus: {report.BitsPerStory:F2} ± {report.BitsPerStoryError:F2} bits a story, {report.BitsPerCharacter:F4} bits a "
                + $"character; {(double)report.Words / report.Stories:F0} words a story, {report.DistinctWords} different ones"));
        return true;
    }

    private static bool Tokenizer(ParseResult parsed, Setup setup)
    {
        TokenizerReport report = TokenizerStage.Run(setup, ValueOf(parsed, s_heldOut));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"tokenizer: {report.VocabSize} tokens, {report.TokensPerStory:F1} a story of {report.LongestStory} at most; the best "
                + $"reachable perplexity is {report.FloorPerplexity:F4}"));
        return true;
    }

    private static bool Pretrain(Setup setup, RunOptions run, Pace pace, int heldOut) =>
        Run(new PretrainStage(setup, pace, heldOut: heldOut), run);

    private static bool Sft(Setup setup, RunOptions run, Pace pace, int judged) => Run(new SftStage(setup, pace, judged: judged), run);

    private static bool Reward(Setup setup, RunOptions run, Pace helpfulness, Pace safety) =>
        Run(new RewardStage(setup, Aspect.Helpfulness, helpfulness), run) && Run(new RewardStage(setup, Aspect.Safety, safety), run);

    private static bool Rlhf(Setup setup, RunOptions run, Pace rejection, Pace ppo, int answers, double klPenalty, int judged) =>
        Run(new RejectionStage(setup, rejection, answers, judged), run)
            && Run(new PpoStage(setup, ppo, new PpoOptions { KlPenalty = klPenalty, Judged = judged }), run);

    private static bool Export(Setup setup)
    {
        IReadOnlyList<TruthReport> reports = ExportStage.Run(setup);
        Table table = new() { Border = TableBorder.Rounded };
        table.AddColumns(["", .. reports.Select(report => report.Model)]);
        AddRow("does right", report => Percent(report.DoesRight));
        AddRow("stories right", report => Percent(report.StoryRight));
        AddRow("hero named", report => Percent(report.StoryNamesHero));
        AddRow("thing named", report => Percent(report.StoryNamesThing));
        AddRow("mood right", report => Percent(report.StoryMood));
        AddRow("of the world", report => Percent(report.StoryInWorld));
        AddRow("of the world, likelier tokens", report => Percent(report.CarefulInWorld));
        AddRow("safe wishes helped", report => Percent(report.SafeHelped));
        AddRow("unsafe wishes declined", report => Percent(report.UnsafeDeclined));
        AddRow("instruction kept", report => Percent(report.InstructionKept));
        AddRow("KL, nats an answer", report => report.KlPerAnswer.ToString("F2", CultureInfo.InvariantCulture));
        AnsiConsole.Write(table);
        return true;

        void AddRow(string name, Func<TruthReport, string> value) => table.AddRow([name, .. reports.Select(value)]);

        static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
    }

    private static bool Run(IStage stage, RunOptions options)
    {
        using (stage)
            return StageRunner.Run(stage, options);
    }

    private static Command Verb(string name, string description, Func<ParseResult, Setup, RunOptions, bool> run, params Option[] options)
    {
        Command command = new(name, description) { s_folder, s_seed, s_threads };
        foreach (Option option in options)
            command.Add(option);
        command.SetAction(parsed =>
        {
            using CancellationTokenSource interrupt = new();
            using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using PosixSignalRegistration onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            string folder = parsed.GetValue(s_folder)!;
            Setup setup = new(
                ModelKit.Of<StoryLlama, StoryLlama.Trainer>(), folder, parsed.GetValue(s_seed), Math.Max(1, parsed.GetValue(s_threads)));
            return run(parsed, setup, new RunOptions { Folder = folder, Cancellation = interrupt.Token }) ? 0 : Interrupted;

            void Stop(PosixSignalContext signal)
            {
                // The second time it is meant.
                signal.Cancel = !interrupt.IsCancellationRequested;
                interrupt.Cancel();
            }
        });
        return command;
    }

    // `all` has no options of the stages: it always makes the default model.
    private static int ValueOf(ParseResult parsed, Option<int> option) =>
        parsed.CommandResult.Command.Options.Contains(option) ? parsed.GetValue(option) : option.DefaultValueFactory!(null!);

    private static Option<int> Count(string name, string description, int value) =>
        new(name) { HelpName = "count", Description = description, DefaultValueFactory = _ => value };

    /// <summary>The options of a <see cref="Pace"/>.</summary>
    private sealed class PaceOptions(string prefix, Pace defaults)
    {
        private readonly Option<int> _steps = Count($"--{prefix}steps", "Number of steps.", defaults.Steps);
        private readonly Option<int> _batch = Count($"--{prefix}batch", "Sequences, pairs or wishes of a step.", defaults.Batch);
        private readonly Option<double> _rate = new($"--{prefix}rate") { HelpName = "number",
            Description = "The learning rate at its peak.", DefaultValueFactory = _ => defaults.LearningRate };

        public Pace Defaults => defaults;

        public Option[] All => [_steps, _batch, _rate];

        public Pace Of(ParseResult parsed) =>
            defaults with { Steps = parsed.GetValue(_steps), Batch = parsed.GetValue(_batch), LearningRate = parsed.GetValue(_rate) };
    }
}
