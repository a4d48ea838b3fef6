using System.Linq;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Model;

/// <summary>Prompts.g.cs: the prompts that the build prefilled, by name, and conversations that begin behind them.</summary>
internal static class PromptsEmitter
{
    private const string Prompt = ModelFile.Contracts + ".BakedPrompt";

    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        return ModelFile.Write(spec, $" : {ModelFile.Contracts}.IPromptedModel", writer =>
        {
            writer.Line("/// <summary>The prompts that the build has prefilled.</summary>");
            writer.Line(FileOpening.GeneratedCode);
            writer.Block("public static class Prompts", () =>
            {
                foreach (PromptRequest prompt in spec.Prompts)
                {
                    writer.Line($"/// <summary>The prompt {prompt.Name}.</summary>");
                    writer.Line($"public static {Prompt} {prompt.Member} {{ get; }} = new(");
                    writer.Line($"    typeof({ModelFile.ClassOf(spec)}).Assembly,");
                    writer.Line($"    {Code.Escaped(spec.PlainName)}, {Code.Escaped(prompt.Name)}, {Code.Escaped(prompt.Text)});");
                    writer.Line();
                }

                // Members are in Pascal case, so none has this name.
                string all = spec.Prompts.Select(static prompt => prompt.Member).Join(", ");
                writer.Line($"internal static readonly {Prompt}[] all = [{all}];");
            });
            writer.Line();
            writer.Line($"""
                /// <summary>The prompts that the build has prefilled, in the order of their attributes.</summary>
                public global::System.ReadOnlySpan<{Prompt}> BakedPrompts => Prompts.all;

                /// <summary>
                /// Makes the current conversation one that consists of the prompt; what it held is forgotten. It costs a copy of the
                /// prompt's keys and values.
                /// </summary>
                public void Begin({Prompt} prompt) => __engine.Begin(prompt, Prompts.all);

                /// <summary>A conversation that consists of the prompt, to be set as <see cref="Cache"/>.</summary>
                public KvCache CreateCache({Prompt} prompt) => new(__engine.CreateCache(prompt, Prompts.all));
                """);
        });
    }
}
