using System;
using System.IO;
using System.Linq;
using System.Text;

namespace Llamalith.Tests;

/// <summary>
/// A program with [LlamaModel(EmbeddedWeights = "...")] and [Prompt], in a project that has the package and nothing else.
/// </summary>
internal static class EmbeddedProgram
{
    /// <summary>Given a path, compares what is within with that file; else says on which processor it runs, and with what.</summary>
    public const string Text = """
        using System;
        using System.IO;
        using System.Linq;
        using System.Runtime.Intrinsics.X86;
        using Llamalith;
        using Llamalith.Contracts;
        using Llamalith.Generation;
        using Llamalith.Sampling;

        if (args is not [var path] || !File.Exists(path))
        {
            Console.WriteLine($"{(Avx512BW.VL.IsSupported ? "avx512" : Avx2.IsSupported ? "avx2" : "none")} {Tiny.Parameters} [{string.Join("|", args)}] {Environment.GetEnvironmentVariable("GIVEN")}");
            return 7;
        }

        Check(Halves.Load(), Halves.Prompts.System, model => model.CreateCache(Halves.Prompts.System).Count);
        Check(Floats.Load(), Floats.Prompts.System, model => model.CreateCache(Floats.Prompts.System).Count);
        Check(Bytes.Load(), Bytes.Prompts.System, model => model.CreateCache(Bytes.Prompts.System).Count);

        // The weights within are the file's, with prompts and without.
        using Halves within = Halves.Load();
        using Halves other = Halves.Load(path);
        float[] expected = other.Prefill([1, 2, 3]).ToArray();
        Console.WriteLine(within.Prefill([1, 2, 3]).SequenceEqual(expected));
        other.Truncate(0);
        try
        {
            other.Begin(Halves.Prompts.System);
        }
        catch (ModelMismatchException e)
        {
            Console.WriteLine(e.Message.Contains("those of " + path + " were not packed"));
        }

        using Tiny tiny = Tiny.Load();
        using Tiny outside = Tiny.Load(Path.Combine(Path.GetDirectoryName(path)!, "twin", "fable.bin"));
        float[] twins = outside.Prefill([1, 2, 3]).ToArray();
        Console.WriteLine($"from outside and within: same logits {tiny.Prefill([1, 2, 3]).SequenceEqual(twins)}, its namesake's {twins.SequenceEqual(expected)}");
        return 0;

        static void Check<T>(T model, BakedPrompt prompt, Func<T, int> count)
            where T : class, IPromptedModel
        {
            using T owned = model;
            model.Begin(prompt);
            int position = model.Position;
            float[] baked = model.Decode(5).ToArray();
            model.Truncate(0);
            model.Prefill(prompt.Tokens);
            bool same = model.Decode(5).SequenceEqual(baked);
            using Checkpoint file = Checkpoint.OpenEmbedded(typeof(T).Assembly, "fable.bin");
            TextGenerator generator = new(model, file.OpenTokenizer(), new SamplingOptions { Temperature = 0 });
            model.Truncate(0);
            GenerationResult plain = generator.Generate(prompt.Text + "cab", new GenerationOptions { MaxTokens = 4 });
            generator.Begin(prompt);
            GenerationResult quick = generator.Generate(prompt.Text + "cab", new GenerationOptions { MaxTokens = 4 });
            Console.WriteLine($"{typeof(T).Name}: {position} of {prompt.Tokens.Length} tokens, same bits {same}, same text {plain.Text == quick.Text}, cached {plain.Usage.CachedPromptTokens} and {quick.Usage.CachedPromptTokens}, a cache of {count(model)}");
        }

        static class Sizes { public const int Dim = 64; public const string Say = "a bad cab"; }

        static class Names { public const string Fable = "fable.bin", File = "twin/fable.bin"; public const int Layers = 2; }

        [LlamaModel(Dim = Sizes.Dim, FfnDim = 96, Layers = Names.Layers, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "fable.bin")]
        [Prompt("system", Sizes.Say)]
        public sealed partial class Halves;

        [LlamaModel(From = Names.Fable, EmbeddedWeights = Names.Fable, KvCache = KvFormat.F32)]
        [Prompt("system", Sizes.Say)]
        public sealed partial class Floats;

        [LlamaModel(Dim = Sizes.Dim, FfnDim = 96, Layers = Names.Layers, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "fable.bin", KvCache = KvFormat.Int8)]
        [Prompt("system", Sizes.Say)]
        public sealed partial class Bytes;

        [Llamalith.LlamaModel(
            Dim = 64, FfnDim = 96, Layers = Names.Layers, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, // EmbeddedWeights = "none.bin"
            EmbeddedWeights = Names.File)]
        public sealed partial class Tiny;
        """;

    /// <summary>What the comparison prints. BOS, the space before a text, and a letter each; the same without prefilling.</summary>
    public static string Expected { get; } = string.Join(
        Environment.NewLine,
        [
            .. ((string[])["Halves", "Floats", "Bytes"])
            .Select(static name => $"{name}: 11 of 11 tokens, same bits True, same text True, cached 0 and 11, a cache of 11"),
            "True",
            "True",
            "from outside and within: same logits True, its namesake's False",
            "",
        ]);

    /// <summary>The project, with its model and tokenizer.</summary>
    public static string Create(LocalFeed feed, string name)
    {
        string consumer = feed.CreateConsumer(name, Text);
        TinyModel.Write(Path.Combine(consumer, "fable.bin"));
        TinyModel.Write(Path.Combine(consumer, "twin", "fable.bin"), seed: 2);
        WriteTokenizer(Path.Combine(consumer, "tokenizer.bin"));
        return consumer;
    }

    /// <summary>The number of the first line that begins with a text, as compilers count.</summary>
    public static int LineOf(string start) =>
        Array.FindIndex(Text.Split('\n'), line => line.StartsWith(start, StringComparison.Ordinal)) + 1;

    /// <summary>The column of the first place that a text stands at.</summary>
    public static int ColumnOf(string part)
    {
        string line = Text.Split('\n').First(line => line.Contains(part, StringComparison.Ordinal));
        return line.IndexOf(part, StringComparison.Ordinal) + 1;
    }

    // llama2.c's: three marks, a space, and letters.
    private static void WriteTokenizer(string path)
    {
        string[] names =
            ["<unk>", "\n<s>\n", "\n</s>\n", " ", .. "abcdefghijklmnopqrstuvwxyz".Select(static letter => letter.ToString()), ".", ","];
        using BinaryWriter writer = new(File.Create(path));
        writer.Write(names.Max(static name => name.Length));
        foreach (string name in names)
        {
            writer.Write(0f);
            writer.Write(name.Length);
            writer.Write(Encoding.ASCII.GetBytes(name));
        }
    }
}
