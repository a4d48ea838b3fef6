using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using Llamalith.Checkpoints;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Output;
using Llamalith.Contracts;
using Llamalith.Gguf;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Models;

/// <summary>What there is to say about a model, without running it.</summary>
/// <param name="checkpoint">The model's file.</param>
/// <param name="request">How it would be run.</param>
internal sealed class ModelReport(Checkpoint checkpoint, ModelRequest request)
{
    /// <summary>Writes it all.</summary>
    /// <exception cref="CliException">The context that was asked for is more than the model has.</exception>
    /// <exception cref="ModelFormatException">The tokenizer that was named is none.</exception>
    /// <exception cref="ModelMismatchException">The tokenizer that was named has more tokens than the model.</exception>
    public void Write(TextWriter output)
    {
        ModelClass.RequireContext(checkpoint, request.Context);
        List<FileTensor> tensors = ReadTensors();
        output.WriteLine(
            $"{checkpoint.Path}: {Kind}, {Quantity.Bytes(tensors.Sum(tensor => tensor.Bytes))} of weights, "
                + $"{Quantity.Count(tensors.Sum(tensor => tensor.Elements))} parameters");
        WriteHyperparameters(output);
        WriteTensors(output, tensors);
        WriteTokenizer(output);
        if (Class(output) is { } model)
        {
            WriteMemory(output, model);
            output.WriteLine();
            output.Write(ModelClassWriter.WriteClass(model));
        }
    }

    private string Kind => checkpoint switch
    {
        GgufCheckpoint gguf => string.Create(CultureInfo.InvariantCulture, $"GGUF version {gguf.File.Version}")
            + (gguf.File.Metadata.GetText("general.name") is { } name ? $", \"{name}\"" : ""),
        PackedCheckpoint packed => $"packed for {packed.Target} in {packed.Layout}",
        SafetensorsCheckpoint => "safetensors",
        Llama2cCheckpoint { File.Header: { GroupSize: > 0 } header } =>
            string.Create(
                CultureInfo.InvariantCulture, $"llama2.c version {header.Version} (8 bits in groups of {header.GroupSize}, read as F32)"),
        Llama2cCheckpoint llama2c => string.Create(CultureInfo.InvariantCulture, $"llama2.c version {llama2c.File.Header.Version}"),
        _ => checkpoint.GetType().Name,
    };

    private static object Text(object value) => value switch
    {
        double real => ModelClassWriter.Text(real),
        bool flag => flag ? "yes" : "no",
        0 => "none",
        _ => value,
    };

    private void WriteHyperparameters(TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("hyperparameters");
        (string Property, object Value)[] known =
        [
            .. ShapeProperties.All
                .Where(property => property.ValueIn(checkpoint.Shape) is not null)
                .Select(property => (property.Name, Text(property.ValueIn(checkpoint.Shape)!))),
        ];
        int width = Math.Max(18, known.Max(row => row.Property.Length));
        foreach ((string property, object value) in known)
        {
            string key = checkpoint.KeyOf(property) is var word && word != property ? word : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {property.PadRight(width)}{value,10}  {key}").TrimEnd());
        }
    }

    private static void WriteTensors(TextWriter output, List<FileTensor> tensors)
    {
        output.WriteLine();
        output.WriteLine("tensors");
        foreach (IGrouping<string, FileTensor> group in tensors.GroupBy(tensor => tensor.Type)
            .OrderByDescending(group => group.Sum(tensor => tensor.Bytes)))
        {
            string largest = group.MaxBy(tensor => tensor.Elements)!.Name;
            output.WriteLine(
                $"  {group.Key,-6}{Quantity.Count(group.Count(), "tensor"),14}{Quantity.Count(group.Sum(tensor => tensor.Elements), "weight"),24}{Quantity.Bytes(group.Sum(tensor => tensor.Bytes)),12}  {largest}{(group.Count() > 1 ? " ..." : "")}");
        }
    }

    private void WriteTokenizer(TextWriter output)
    {
        output.WriteLine();
        try
        {
            Tokenizer tokenizer = ModelTokenizer.Open(checkpoint, request.TokenizerPath);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"tokenizer: {KindOf(tokenizer)}, {Quantity.Count(tokenizer.VocabSize, "token")}, begin {Mark(tokenizer.BosId)}, end "
                    + $"{Mark(tokenizer.EosId)}{(tokenizer.EotId >= 0 ? $", end of turn {tokenizer.EotId}" : "")}{MoreEnds(tokenizer)}; a "
                    + $"prompt {(tokenizer.AddBos ? "begins with the begin token" : "has no begin token")}"));
        }
        catch (Exception e) when (request.TokenizerPath is null && ModelTokenizer.IsComplaint(e))
        {
            // A model can be inspected without; a tokenizer that was named must be right.
            output.WriteLine($"tokenizer: {e.Message}");
        }
    }

    private static string KindOf(Tokenizer tokenizer) => tokenizer switch
    {
        BytePairTokenizer { PreTokenizer: PreTokenizer.SentencePiece } => "SentencePiece merges",
        BytePairTokenizer { PreTokenizer: var words } => $"byte-level BPE ({words})",
        _ => "SentencePiece",
    };

    /// <summary>The tokens at which a text ends beside those that have names of their own.</summary>
    private static string MoreEnds(Tokenizer tokenizer)
    {
        int[] more = [.. tokenizer.Ends.Tokens.Except([tokenizer.BosId, tokenizer.EosId, tokenizer.EotId])];
        return more.Length == 0 ? "" : $", also ends at {string.Join(", ", more.Select(Mark))}";
    }

    private static string Mark(int token) => token < 0 ? "none" : token.ToString(CultureInfo.InvariantCulture);

    private ModelClass? Class(TextWriter output)
    {
        try
        {
            return ModelClass.For(checkpoint, ClassName.FromPath(request.Path), request.Context) with { KvCache = request.KvCache };
        }
        catch (Exception e) when (e is CliException or ModelFormatException)
        {
            output.WriteLine();
            output.WriteLine($"no engine: {e.Message}");
            return null;
        }
    }

    private void WriteMemory(TextWriter output, ModelClass model)
    {
        MemoryNeed need = MemoryNeed.Of(checkpoint, model);
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory at a context of {model.Shape.Context}"));
        output.WriteLine($"  weights   {Quantity.Bytes(need.Weights),10}");
        output.WriteLine($"  KV cache  {Quantity.Bytes(need.Cache),10}  {model.KvCache}, {Quantity.Bytes(need.CachePerToken)} a token");
        output.WriteLine($"  together  {Quantity.Bytes(need.Weights + need.Cache),10}");
    }

    // A GGUF file may have tensors of types that the runtime does not know; they can at least be named.
    private List<FileTensor> ReadTensors()
    {
        List<FileTensor> tensors = [];
        if (checkpoint is GgufCheckpoint gguf)
        {
            foreach (GgufTensor tensor in gguf.Tensors)
                tensors.Add(new FileTensor(tensor.Name, tensor.TypeName, tensor.Rows * tensor.Columns, tensor.ByteLength ?? 0));
            return tensors;
        }

        foreach (string name in checkpoint.CanonicalNames)
        {
            if (checkpoint.TryDescribe(name, out TensorInfo tensor))
                tensors.Add(new FileTensor(tensor.Name, tensor.Type.ToString(), tensor.Rows * tensor.Columns, tensor.ByteLength));
        }

        return tensors;
    }

    private sealed record FileTensor(string Name, string Type, long Elements, long Bytes);
}
