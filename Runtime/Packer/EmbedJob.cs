using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Gguf;
using Llamalith.Tools;

namespace Llamalith.Packer;

/// <summary>
/// Packs each model that sources embed, and prefills their prompts. What becomes a resource lies in resource/, as deep as its name says. The compiler takes
/// only so many bytes of them: the largest models lie in beside/, and their resources say which they are. What is there already and up to date is left
/// alone, what nothing embeds any more goes.
/// </summary>
internal sealed class EmbedJob(PackerOptions options)
{
    // The layout is one for all instruction sets.
    private const string AnyTarget = "any";

    private readonly HashSet<string> _kept = [];

    // What models are packed with, by their names. A file system may take names for one that differ in case.
    private readonly Dictionary<string, (string Name, string Settings)> _models = new(StringComparer.OrdinalIgnoreCase);
    private long _promptBytes;

    public void Run(IReadOnlyCollection<string> sources)
    {
        BuildState state = new(options, sources);
        if (state.IsUpToDate)
            return;
        List<string> models = [];
        foreach (EmbeddedModel model in ProjectSources.ModelsIn(sources, options.Defines, Described))
        {
            models.Add(SourceOf(model));
            Embed(model, models[^1]);
        }

        Distribute();
        foreach (string folder in (string[])["resource", "beside", "made"])
            DeleteStale(Path.Combine(options.Output, folder));
        state.Write(models, _kept);
    }

    // The step before has written it, where the file or the text was there.
    private ModelDescription? Described(string from)
    {
        string path = Path.Combine(options.Project, ModelDescription.FileNameOf(from));
        return File.Exists(path) ? ModelDescription.Parse(File.ReadAllText(path), path) : null;
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
        Read(model, source, checkpoint => EnsureMatches(model, checkpoint));
        string name = EmbeddedCheckpoint.FileOf(model.File), settings = SettingsOf(model, source);
        if (!_models.TryAdd(name, (name, settings)) && _models[name] is var other && (other.Name != name || other.Settings != settings))
        {
            string reason = other.Name == name
                ? "the files, or their Weights or RopeLayout, differ; one name is packed in one way"
                : $"their names differ in case only ({model.File} here)";
            throw new BuildErrorException(model.Place, BuildErrorException.Unusable, $"{other.Name} is embedded by two classes, and {reason}");
        }

        if (!IsMade(name, settings, () => PackedOf(name) is not null))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(ResourceOf(name))!);
            if (File.Exists(BesideOf(name)))
                File.Delete(BesideOf(name));
            Pack(model, source, ResourceOf(name));
            Record(name, settings);
        }

        PromptBaker baker = new(model, PackedOf(name)!, options);
        foreach (EmbeddedPrompt prompt in model.Prompts)
        {
            string place = BakedPrompt.PathOf(model.FullName, prompt.Name), path = PathOf("resource", "prompts", place), promptSettings = baker.SettingsOf(prompt);
            if (!IsMade(place, promptSettings, () => File.Exists(path)))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                if (!baker.Bake(prompt, path))
                    continue;
                Record(place, promptSettings);
            }

            _kept.Add(path);
            _promptBytes += new FileInfo(path).Length;
        }
    }

    // As many models as fit stay resources, the small ones first.
    private void Distribute()
    {
        long left = options.Limit - options.OtherResources - _promptBytes;
        IEnumerable<(string Name, string Packed, long Bytes)> models = _models.Values.Select(model => (model.Name, Packed: PackedOf(model.Name)!)).Select(static model => (model.Name, model.Packed, new FileInfo(model.Packed).Length));
        foreach ((string name, string packed, long bytes) in models.OrderBy(static model => model.Bytes).ThenBy(static model => model.Name, StringComparer.Ordinal).ToList())
        {
            string resource = ResourceOf(name), beside = BesideOf(name);
            if (bytes <= left)
            {
                left -= bytes;
                if (packed == beside)
                {
                    // The compiler tells by its time that a resource is another.
                    File.Move(beside, resource, overwrite: true);
                    File.SetLastWriteTimeUtc(resource, DateTime.UtcNow);
                }
            }
            else
            {
                Directory.CreateDirectory(Path.GetDirectoryName(beside)!);
                if (packed == resource)
                    File.Move(resource, beside, overwrite: true);
                WriteReference(resource, beside);
                _kept.Add(beside);
            }

            _kept.Add(resource);
        }
    }

    private static void WriteReference(string resource, string beside)
    {
        using PackedCheckpoint checkpoint = PackedCheckpoint.Open(beside);
        byte[] reference = new WeightsReference(Convert.ToHexStringLower(checkpoint.Digest)).ToBytes();
        if (!File.Exists(resource) || !File.ReadAllBytes(resource).AsSpan().SequenceEqual(reference))
            File.WriteAllBytes(resource, reference);
    }

    // Whether that was made before with the same settings, and is still there.
    private bool IsMade(string name, string settings, Func<bool> isThere)
    {
        string record = PathOf("made", name + ".txt");
        _kept.Add(record);
        if (File.Exists(record) && File.ReadAllText(record) == settings && isThere())
            return true;
        if (File.Exists(record))
            File.Delete(record);
        return false;
    }

    private void Record(string name, string settings)
    {
        string record = PathOf("made", name + ".txt");
        Directory.CreateDirectory(Path.GetDirectoryName(record)!);
        File.WriteAllText(record, settings);
    }

    // Where the last run left the packed weights; null where they are in neither place.
    private string? PackedOf(string name)
    {
        if (File.Exists(BesideOf(name)))
            return BesideOf(name);
        string resource = ResourceOf(name);
        if (!File.Exists(resource))
            return null;
        using FileStream file = File.OpenRead(resource);
        return WeightsReference.Read(file) is null ? resource : null;
    }

    private string ResourceOf(string name) => PathOf("resource", "weights", name);

    private string BesideOf(string name) => PathOf("beside", name);

    private string PathOf(params ReadOnlySpan<string> parts) => Path.GetFullPath(Path.Combine([options.Output, .. parts]));

    // All that decides what is packed.
    private static string SettingsOf(EmbeddedModel model, string source) => string.Join('\n',
        [
            WeightPacker.Layout,
            $"{typeof(EmbedJob).Module.ModuleVersionId} {typeof(ModelPacker).Module.ModuleVersionId}",
            string.Join(',', model.Formats.Order()),
            $"{model.RopeLayout}",
            source,
            BuildState.StampOf(source),
        ]);

    private static void Pack(EmbeddedModel model, string source, string path) => Read(model, source, checkpoint =>
    {
        if (checkpoint.Notice is { } notice)
            Console.WriteLine($"{model.File}: {notice}");
        if (checkpoint is PackedCheckpoint)
        {
            File.Copy(source, path, overwrite: true);
            return;
        }

        ModelPacker.Pack(
            checkpoint,
            path,
            new PackOptions { Target = AnyTarget, Formats = model.Formats, RopeLayout = model.RopeLayout, Tokenizer = TokenizerOf(checkpoint) });
    });

    private static void Read(EmbeddedModel model, string source, Action<Checkpoint> use)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(source);
            use(checkpoint);
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
        BuildErrorException[] errors =
        [
            .. checkpoint.DifferencesFrom(compiled).Select(difference => new BuildErrorException(
                model.Arguments.GetValueOrDefault(difference.Split(' ')[0], model.Place), BuildErrorException.Mismatch, $"{difference} ({model.File})")),
        ];
        foreach (BuildErrorException error in errors.SkipLast(1))
            Console.Error.WriteLine(error.Message);
        if (errors.Length > 0)
            throw errors[^1];
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
