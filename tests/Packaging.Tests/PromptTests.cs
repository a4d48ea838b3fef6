using System;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>[Prompt] in a project that has the package and nothing else.</summary>
public sealed class PromptTests(LocalFeed feed)
{
    private const string Program = """
        using System;
        using System.Linq;
        using Llamalith;
        using Llamalith.Contracts;
        using Llamalith.Generation;
        using Llamalith.Sampling;

        Check(Halves.Load(), Halves.Prompts.System, model => model.CreateCache(Halves.Prompts.System).Count);
        Check(Floats.Load(), Floats.Prompts.System, model => model.CreateCache(Floats.Prompts.System).Count);
        Check(Bytes.Load(), Bytes.Prompts.System, model => model.CreateCache(Bytes.Prompts.System).Count);

        // The weights within are the file's.
        using Halves within = Halves.Load();
        using Halves other = Halves.Load(args[0]);
        float[] expected = other.Prefill([1, 2, 3]).ToArray();
        Console.WriteLine(within.Prefill([1, 2, 3]).SequenceEqual(expected));
        other.Truncate(0);
        try
        {
            other.Begin(Halves.Prompts.System);
        }
        catch (ModelMismatchException e)
        {
            Console.WriteLine(e.Message.Contains("those of " + args[0] + " were not packed"));
        }

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

        [LlamaModel(Dim = Sizes.Dim, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "fable.bin")]
        [Prompt("system", Sizes.Say)]
        public sealed partial class Halves;

        [LlamaModel(Dim = Sizes.Dim, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "fable.bin", KvCache = KvFormat.F32)]
        [Prompt("system", Sizes.Say)]
        public sealed partial class Floats;

        [LlamaModel(Dim = Sizes.Dim, FfnDim = 96, Layers = 2, Heads = 4, KvHeads = 2, VocabSize = 32, Context = 16, EmbeddedWeights = "fable.bin", KvCache = KvFormat.Int8)]
        [Prompt("system", Sizes.Say)]
        public sealed partial class Bytes;
        """;

    // BOS, the space before a text, and a letter each; the same without baking.
    private static readonly string s_expected = string.Concat(
        ((string[])["Halves", "Floats", "Bytes"]).Select(static name => $"{name}: 11 of 11 tokens, same bits True, same text True, cached 0 and 11, a cache of 11{Environment.NewLine}")) + "True" + Environment.NewLine + "True" + Environment.NewLine;

    [Fact]
    public async Task Prompt_IsWhatPrefillingGives()
    {
        string consumer = Create("Prompting");
        Assert.Equal(s_expected, await Run(consumer));

        // Header, checksum, tokens, the cache's header, and eleven positions of two layers, two heads, 16 numbers of two bytes, keys and values.
        FileInfo prompt = new(Directory.GetFiles(Path.Combine(consumer, "obj"), "system", SearchOption.AllDirectories).Single(static path => path.Contains("Halves.prompts", StringComparison.Ordinal)));
        Assert.InRange(prompt.Length - (11 * (4 + (2 * 2 * 2 * 16 * 2))), 60, 160);

        // Prefilled once: neither a second build nor other code changes that, another text does.
        DateTime made = prompt.LastWriteTimeUtc;
        File.AppendAllText(Path.Combine(consumer, "Program.cs"), "// Nothing.\n");
        Assert.Equal(s_expected, await Run(consumer, "--no-restore"));
        prompt.Refresh();
        Assert.Equal(made, prompt.LastWriteTimeUtc);
        File.WriteAllText(Path.Combine(consumer, "Program.cs"), Program.Replace("a bad cab", "a bad dab", StringComparison.Ordinal));
        Assert.Equal(s_expected, await Run(consumer, "--no-restore"));
        prompt.Refresh();
        Assert.NotEqual(made, prompt.LastWriteTimeUtc);
    }

    [Fact]
    public async Task Build_SaysWhatIsWrongWithAPrompt()
    {
        string consumer = Create("BadPrompting");
        await Fails(Program.Replace("a bad cab", "a bad cab had a bad dad", StringComparison.Ordinal), "Program.cs(49): error LLAMA033: The prompt system has 25 tokens, but Context = 16, and one position at least must be left");
        await Fails(Program.Replace("Sizes.Say)]", "\"\")]", StringComparison.Ordinal), "error LLAMA027: ");
        File.Delete(Path.Combine(consumer, "tokenizer.bin"));
        await Fails(Program, "Program.cs(49): error LLAMA034: The prompt system cannot be prefilled: ");

        async Task Fails(string source, string message)
        {
            File.WriteAllText(Path.Combine(consumer, "Program.cs"), source);
            string[] restored = File.Exists(Path.Combine(consumer, "obj", "project.assets.json")) ? ["--no-restore"] : [];
            (int exitCode, string output) = await Dotnet.RunAsync(consumer, TestContext.Current.CancellationToken, ["build", .. restored]);
            Assert.Equal(1, exitCode);
            Assert.Contains(message, output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task NativeExecutable_HoldsItsPrompts()
    {
        Programs.SkipUnlessLinkable();
        string consumer = Create("NativePrompting");
        string output = await Dotnet.SucceedAsync(
            consumer, TestContext.Current.CancellationToken, "publish", "-c", "Release", "-r", "linux-x64", "-p:PublishAot=true", "-p:LlamalithTargets=avx2", "-o", "out");
        Assert.DoesNotContain("warning", output, StringComparison.Ordinal);
        Assert.Equal(s_expected, await Dotnet.StartAsync(Path.Combine(consumer, "out", "NativePrompting"), consumer, TestContext.Current.CancellationToken, Path.Combine(consumer, "fable.bin")));
    }

    private static Task<string> Run(string consumer, params string[] options) =>
        Dotnet.SucceedAsync(consumer, TestContext.Current.CancellationToken, ["run", "--configuration", "Release", .. options, "--", Path.Combine(consumer, "fable.bin")]);

    private string Create(string name)
    {
        string consumer = feed.CreateConsumer(name, Program);
        TinyModel.Write(Path.Combine(consumer, "fable.bin"));
        WriteTokenizer(Path.Combine(consumer, "tokenizer.bin"));
        return consumer;
    }

    // llama2.c's: three marks, a space, and letters.
    private static void WriteTokenizer(string path)
    {
        string[] names = ["<unk>", "\n<s>\n", "\n</s>\n", " ", .. "abcdefghijklmnopqrstuvwxyz".Select(static letter => letter.ToString()), ".", ","];
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
