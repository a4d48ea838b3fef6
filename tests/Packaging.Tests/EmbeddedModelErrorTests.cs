using System;
using System.IO;
using System.Threading.Tasks;

namespace Llamalith.Tests;

/// <summary>What a build says of weights and prompts that it cannot put within a program.</summary>
public sealed class EmbeddedModelErrorTests(LocalFeed feed)
{
    [Fact]
    public async Task Build_SaysWhatIsWrongWithAFileOrAPrompt()
    {
        string consumer = EmbeddedProgram.Create(feed, "BadEmbedding");
        int prompt = EmbeddedProgram.LineOf("[Prompt("), tiny = EmbeddedProgram.LineOf("[Llamalith.LlamaModel(");
        await Fails(
            ("Names.File)]", "\"missing.bin\")]"), $"Program.cs({tiny}): error LLAMA030: EmbeddedWeights = missing.bin, but there is no ");
        await Fails(
            ("Names.File)]", "Names.Fables)]"), "error LLAMA030: EmbeddedWeights must be a string or a constant of this project's sources");
        int halves = EmbeddedProgram.LineOf("[LlamaModel(Dim"), layers = EmbeddedProgram.ColumnOf("Layers = Names.Layers");
        await Fails(
            ("int Layers = 2", "int Layers = 3"),
            $"Program.cs({halves},{layers}): error LLAMA031: Layers = 3, but n_layers = 2 (fable.bin)");

        // What was read of a file that a class is made from: edited, it is a person's to look at; without both there is no class.
        string text = Path.Combine(consumer, "fable.llamalith.json"), sound = File.ReadAllText(text);
        string project = Path.Combine(consumer, "BadEmbedding.csproj");
        int from = EmbeddedProgram.LineOf("[LlamaModel(From");
        File.WriteAllText(text, sound.Replace("\"n_layers\", \"value\": 2", "\"n_layers\", \"value\": 3", StringComparison.Ordinal));
        await Fails(
            ("", ""),
            $"Program.cs({from}): error LLAMA039: Layers = 3 in fable.llamalith.json, but n_layers = 2 in fable.bin. "
                + $"If the file is right: dotnet build \"{project}\" -p:LlamalithRenew=true");
        File.Delete(text);
        await Fails(
            ("Fable = \"fable.bin\"", "Fable = \"fables.bin\""),
            $"Program.cs({from}): error LLAMA030: From = fables.bin, but there is neither ");
        await Fails(
            ("a bad cab", "a bad cab had a bad dad"),
            $"Program.cs({prompt}): error LLAMA033: The prompt system has 25 tokens, but Context = 16, and one position at least must be "
                + "left");
        await Fails(("Sizes.Say)]", "\"\")]"), "error LLAMA027: ");

        // A compiler that another build is writing: which file, and how much of it was there.
        string generator = Path.Combine(feed.Folder, "restored", "llamalith.generator", feed.Version, "analyzers", "dotnet", "cs",
            "Llamalith.Generator.dll"), half = Path.Combine(consumer, "half.dll");
        byte[] whole = File.ReadAllBytes(generator);
        File.WriteAllBytes(half, whole[..(whole.Length / 2)]);
        await Fails(("", ""), $"error LLAMA032: {half} ({whole.Length / 2} bytes) is no whole assembly: ", $"-p:LlamalithGenerator={half}");
        File.Delete(Path.Combine(consumer, "tokenizer.bin"));
        await Fails(("", ""), $"Program.cs({prompt}): error LLAMA034: The prompt system cannot be prefilled: ");
        File.WriteAllText(Path.Combine(consumer, "fable.bin"), "no model");
        await Fails(("", ""), "error LLAMA032: ");

        async Task Fails((string Right, string Wrong) change, string message, params string[] options)
        {
            File.WriteAllText(Path.Combine(consumer, "Program.cs"), change.Right.Length == 0
                ? EmbeddedProgram.Text : EmbeddedProgram.Text.Replace(change.Right, change.Wrong, StringComparison.Ordinal));
            string[] restored = File.Exists(Path.Combine(consumer, "obj", "project.assets.json")) ? ["--no-restore"] : [];
            (int exitCode, string output) =
                await Dotnet.RunAsync(consumer, TestContext.Current.CancellationToken, ["build", .. restored, .. options]);
            Assert.Equal(1, exitCode);
            Assert.True(output.Contains(message, StringComparison.Ordinal), $"There is no '{message}' in:\n{output}");
        }
    }
}
