using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Gguf;
using Llamalith.Tools;

namespace Llamalith.Packer;

/// <summary>
/// Packs each model that sources embed into one of two folders: resource/, under the name that the source says, or, where it is larger than the
/// compiler takes, beside/. Prefilled prompts join the resources. What is there already and up to date is left alone, what nothing embeds any more goes.
/// </summary>
internal sealed class EmbedJob(PackerOptions options)
{
    // The layout is one for all instruction sets.
    private const string AnyTarget = "any";

    private readonly HashSet<string> _kept = [];
    private readonly Dictionary<string, string> _packed = [];

    public void Run(IReadOnlyCollection<string> sources)
    {
        BuildState state = new(options, sources);
        if (state.IsUpToDate)
            return;
        List<string> models = [];
        foreach (EmbeddedModel model in ProjectSources.ModelsIn(sources, options.Defines))
        {
            models.Add(SourceOf(model));
            Embed(model, models[^1]);
        }

        foreach (string folder in (string[])["resource", "beside", "made"])
            DeleteStale(Path.Combine(options.Output, folder));
        state.Write(models, _kept);
    }

    private void DeleteStale(string folder)
    {
        if (!Directory.Exists(folder))
            return;
        foreach (string stale in Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(file => !_kept.Contains(file)))
            File.Delete(stale);
    }

    private string SourceOf(EmbeddedModel model)
    {
        string source = Path.GetFullPath(Path.Combine(options.Project, model.File));
        if (!File.Exists(source) && !Directory.Exists(source))
            throw new BuildErrorException(model.Place, BuildErrorException.NotFound, $"EmbeddedWeights = {model.File}, but there is no {source}");
        return Path.IsPathRooted(model.File)
            ? throw new BuildErrorException(model.Place, BuildErrorException.NotFound, $"EmbeddedWeights = {model.File}, but it must name a file from the project's folder on")
            : source;
    }

    private void Embed(EmbeddedModel model, string source)
    {
        string name = EmbeddedCheckpoint.Within(model.File), resource = PathOf("resource", name), beside = PathOf("beside", Path.GetFileName(name) + EmbeddedCheckpoint.BesideSuffix);
        string settings = SettingsOf(model, source);
        if (!_packed.TryAdd(resource, settings) && _packed[resource] != settings)
            throw new BuildErrorException(model.Place, BuildErrorException.Unusable, $"{name} is embedded by two classes, and the files, or their sizes, Weights or RopeLayout, differ; one name is packed in one way");
        Make(name, settings, [resource, beside], () =>
        {
            Pack(model, source, resource);
            if (new FileInfo(resource).Length > options.Limit)
            {
                File.Move(resource, beside, overwrite: true);
            }
            else
            {
                File.Delete(beside);
            }

            return true;
        });
        PromptBaker baker = new(model, File.Exists(resource) ? resource : beside, options);
        foreach (EmbeddedPrompt prompt in model.Prompts)
        {
            string place = BakedPrompt.PathOf(model.FullName, prompt.Name), path = PathOf("resource", place);
            Make(place, baker.SettingsOf(prompt), [path], () => baker.Bake(prompt, path));
        }
    }

    // Makes one of the files, unless that was done before with the same settings.
    private void Make(string name, string settings, string[] files, Func<bool> make)
    {
        string record = PathOf("made", name + ".txt");
        if (!(File.Exists(record) && File.ReadAllText(record) == settings && files.Any(File.Exists)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(record)!);
            foreach (string file in files)
                Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.Delete(record);
            if (!make())
                return;
            File.WriteAllText(record, settings);
        }

        _kept.UnionWith([record, .. files]);
    }

    private string PathOf(string folder, string name) => Path.GetFullPath(Path.Combine(options.Output, folder, name));

    // All that decides what is packed.
    private string SettingsOf(EmbeddedModel model, string source)
    {
        string sizes = string.Join(',', model.Hyperparameters.OrderBy(static one => one.Key, StringComparer.Ordinal));
        return $"{WeightPacker.Layout}\n{typeof(EmbedJob).Module.ModuleVersionId} {typeof(ModelPacker).Module.ModuleVersionId}\n{string.Join(',', model.Formats.Order())}\n{model.RopeLayout}\n{sizes}\n{options.Limit.ToString(CultureInfo.InvariantCulture)}\n{source}\n{BuildState.StampOf(source)}";
    }

    private static void Pack(EmbeddedModel model, string source, string path)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(source);
            EnsureMatches(model, checkpoint);
            if (checkpoint is PackedCheckpoint)
                File.Copy(source, path, overwrite: true);
            else
                ModelPacker.Pack(checkpoint, path, new PackOptions { Target = AnyTarget, Formats = model.Formats, RopeLayout = model.RopeLayout, Tokenizer = TokenizerOf(checkpoint) });
        }
        catch (Exception e) when (e is ModelFormatException or ModelMismatchException or IOException or UnauthorizedAccessException)
        {
            throw new BuildErrorException(model.Place, BuildErrorException.Unusable, e.Message);
        }
    }

    // What the class writes; presets are compared when the model is loaded.
    private static void EnsureMatches(EmbeddedModel model, Checkpoint checkpoint)
    {
        ModelShape compiled = ShapeProperties.All
            .Where(property => model.Hyperparameters.ContainsKey(property.Name))
            .Aggregate(checkpoint.Shape, (shape, property) => property.With(shape, model.Hyperparameters[property.Name]));
        string[] differences = checkpoint.DifferencesFrom(compiled);
        if (differences.Length > 0)
            throw new BuildErrorException(model.Place, BuildErrorException.Mismatch, $"{model.File} holds another model than the class is compiled for: {string.Join("; ", differences)}");
    }

    private static GgufTokenizerMetadata? TokenizerOf(Checkpoint checkpoint)
    {
        try
        {
            return checkpoint is IGgufContainer ? null : checkpoint.DescribeTokenizer();
        }
        catch (FileNotFoundException)
        {
            // A program may bring its own.
            return null;
        }
    }
}
