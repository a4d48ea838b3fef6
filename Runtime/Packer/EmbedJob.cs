using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Generation;
using Llamalith.Gguf;
using Llamalith.Tokenization;
using Llamalith.Tools;

namespace Llamalith.Packer;

/// <summary>
/// Packs each model that sources embed into one of two folders: resource/, under the name that the source says, or, where it is larger than the
/// compiler takes, beside/. What is there already and up to date is left alone, what nothing embeds any more goes.
/// </summary>
/// <param name="project">The project's folder.</param>
/// <param name="output">The folder of the results.</param>
/// <param name="limit">Most bytes of a resource.</param>
internal sealed class EmbedJob(string project, string output, long limit)
{
    private const string Mismatch = "LLAMA031", Unusable = "LLAMA032";

    // The layout is one for all instruction sets.
    private const string AnyTarget = "any";

    private readonly HashSet<string> _kept = [];

    public void Run(IEnumerable<string> sources)
    {
        foreach (EmbeddedModel model in sources.SelectMany(EmbeddedModel.In))
            Embed(model);
        if (!Directory.Exists(output))
            return;
        foreach (string stale in Directory.GetFiles(output, "*", SearchOption.AllDirectories).Where(file => Path.GetDirectoryName(file) != Path.TrimEndingDirectorySeparator(output) && !_kept.Contains(file)))
            File.Delete(stale);
    }

    private void Embed(EmbeddedModel model)
    {
        string source = Path.GetFullPath(Path.Combine(project, model.File));
        if (!File.Exists(source) && !Directory.Exists(source))
            throw new BuildErrorException(model.Path, model.Line, EmbeddedModel.NotFound, $"EmbeddedWeights = {model.File}, but there is no {source}");
        string relative = Path.GetRelativePath(project, source);
        if (relative.StartsWith("..", StringComparison.Ordinal) || Path.IsPathRooted(model.File))
            throw new BuildErrorException(model.Path, model.Line, EmbeddedModel.NotFound, $"EmbeddedWeights = {model.File}, but it must name a file below the project's folder");
        string resource = Path.Combine(output, "resource", model.File), beside = Path.Combine(output, "beside", Path.GetFileName(model.File) + EmbeddedCheckpoint.BesideSuffix);
        string record = Path.Combine(output, "made", model.File + ".txt"), settings = SettingsOf(model, source);
        if (!(File.Exists(record) && File.ReadAllText(record) == settings && (File.Exists(resource) || File.Exists(beside))))
        {
            Pack(model, source, resource);
            if (new FileInfo(resource).Length > limit)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(beside)!);
                File.Move(resource, beside, overwrite: true);
            }
            else if (File.Exists(beside))
            {
                File.Delete(beside);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(record)!);
            File.WriteAllText(record, settings);
        }

        _kept.UnionWith([Path.GetFullPath(resource), Path.GetFullPath(beside), Path.GetFullPath(record)]);
    }

    // All that decides what is packed.
    private string SettingsOf(EmbeddedModel model, string source)
    {
        FileInfo[] files = Directory.Exists(source) ? new DirectoryInfo(source).GetFiles() : [new FileInfo(source), .. new DirectoryInfo(Path.GetDirectoryName(source)!).GetFiles("tokenizer.*")];
        string stamps = string.Join('\n', files.OrderBy(static file => file.Name, StringComparer.Ordinal).Select(static file => string.Create(CultureInfo.InvariantCulture, $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}")));
        string formats = model.Formats is null ? "any" : string.Join(',', model.Formats.Order());
        string sizes = string.Join(',', model.Sizes.OrderBy(static size => size.Key, StringComparer.Ordinal));
        return $"{WeightPacker.Layout}\n{typeof(EmbedJob).Module.ModuleVersionId} {typeof(ModelPacker).Module.ModuleVersionId}\n{formats}\n{model.RopeLayout}\n{sizes}\n{limit.ToString(CultureInfo.InvariantCulture)}\n{stamps}";
    }

    private static void Pack(EmbeddedModel model, string source, string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
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
            throw new BuildErrorException(model.Path, model.Line, Unusable, e.Message);
        }
    }

    // What the class says in numbers; the rest is compared when the model is loaded.
    private static void EnsureMatches(EmbeddedModel model, Checkpoint checkpoint)
    {
        ModelShape shape = checkpoint.Shape;
        Dictionary<string, int> theirs = new()
        {
            [nameof(ModelShape.Dim)] = shape.Dim,
            [nameof(ModelShape.FfnDim)] = shape.FfnDim,
            [nameof(ModelShape.Layers)] = shape.Layers,
            [nameof(ModelShape.Heads)] = shape.Heads,
            [nameof(ModelShape.KvHeads)] = shape.KvHeads,
            [nameof(ModelShape.VocabSize)] = shape.VocabSize,
        };
        string[] differences = [.. model.Sizes.Where(size => theirs[size.Key] != size.Value).Select(size => string.Create(CultureInfo.InvariantCulture, $"{size.Key} = {size.Value}, but {checkpoint.KeyOf(size.Key)} = {theirs[size.Key]}"))];
        if (differences.Length > 0)
            throw new BuildErrorException(model.Path, model.Line, Mismatch, $"{model.File} holds another model than the class is compiled for: {string.Join("; ", differences)}");
    }

    private static GgufTokenizerMetadata? TokenizerOf(Checkpoint checkpoint)
    {
        try
        {
            return checkpoint is IGgufContainer ? null : (checkpoint.OpenTokenizer() as SentencePieceTokenizer)?.ToGguf();
        }
        catch (FileNotFoundException)
        {
            // A program may bring its own.
            return null;
        }
    }
}
