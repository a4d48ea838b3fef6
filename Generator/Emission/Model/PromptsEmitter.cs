using System.Linq;
using Llamalith.Generator.Emission.Attention;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Model;

/// <summary>Prompts.g.cs: the prompts that the build prefilled, by name, and conversations that begin behind them.</summary>
internal static class PromptsEmitter
{
    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        SourceWriter writer = new();
        ModelFile.Write(
            writer,
            spec,
            () =>
            {
                writer.Line("/// <summary>The prompts that the build has prefilled.</summary>");
                writer.Block("public static class Prompts", () =>
                {
                    foreach (PromptRequest prompt in spec.Prompts)
                    {
                        writer.Line($"/// <summary>The prompt {prompt.Name}.</summary>");
                        writer.Line($"public static LlamalithContracts.BakedPrompt {prompt.Member} {{ get; }} = new(typeof({spec.TypeName}).Assembly, {Code.Escaped(spec.FullName)}, {Code.Escaped(prompt.Name)}, {Code.Escaped(prompt.Text)});");
                        writer.Line();
                    }

                    // Members are in Pascal case, so none has this name.
                    writer.Line($"internal static readonly LlamalithContracts.BakedPrompt[] all = [{spec.Prompts.Select(static prompt => prompt.Member).Join(", ")}];");
                });
                writer.Line();
                writer.Line("""
                    /// <summary>The prompts that the build has prefilled, in the order of their attributes.</summary>
                    public ReadOnlySpan<LlamalithContracts.BakedPrompt> BakedPrompts => Prompts.all;

                    /// <summary>Makes the current conversation one that consists of the prompt; what it held is forgotten. It costs a copy of the prompt's keys and values.</summary>
                    public void Begin(LlamalithContracts.BakedPrompt prompt)
                    {
                        CheckPrompt(prompt);
                        LlamalithContracts.KvStorage cache = Enter(0);
                        try
                        {
                            prompt.CopyTo(_weights.Checkpoint, cache);
                        }
                        finally
                        {
                            _busy = 0;
                        }
                    }

                    /// <summary>A conversation that consists of the prompt, to be set as <see cref="Cache"/>.</summary>
                    public KvCache CreateCache(LlamalithContracts.BakedPrompt prompt)
                    {
                        CheckPrompt(prompt);
                        KvCache cache = new();
                        try
                        {
                            prompt.CopyTo(_weights.Checkpoint, cache.Storage);
                            return cache;
                        }
                        catch
                        {
                            cache.Dispose();
                            throw;
                        }
                    }

                    private static void CheckPrompt(LlamalithContracts.BakedPrompt prompt)
                    {
                        ArgumentNullException.ThrowIfNull(prompt);
                        if (Array.IndexOf(Prompts.all, prompt) < 0)
                            throw new ArgumentException($"The prompt {prompt.Name} is another class's.", nameof(prompt));
                    }
                    """);
            },
            " : LlamalithContracts.IPromptedModel",
            KvCacheEmitter.ContractsAlias);
        return writer.ToString();
    }
}
