using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.Cli.Compilation;
using Llamalith.Cli.Evaluation;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Contracts;

namespace Llamalith.Cli.Commands;

/// <summary>
/// `llamalith logits`: what a model makes of tokens, to the last bit, so that two machines, builds or programs can be compared.
/// </summary>
internal static class LogitsCommand
{
    /// <summary>The verb's name.</summary>
    public const string Name = "logits";

    private const int Shown = 10;

    /// <summary>The verb.</summary>
    /// <param name="engines">Where engines come from.</param>
    public static Command Create(EngineBuilder engines)
    {
        ModelOptions model = new();
        TextOptions text = new("The text whose tokens go through the model.");
        Option<string?> tokens =
            new("--tokens") { HelpName = "ids", Description = "Token ids with commas or spaces between, instead of a text: 1,5,9." };
        Option<bool> bare =
            new("--no-bos") { Description = "Leave out the token that begins a sequence, where the model expects one before a text." };
        Option<bool> special =
            new("--special") { Description = "Let names of control tokens in the text, such as <|eot_id|>, be these tokens." };
        Option<string?> file = new Option<string?>("--out") { HelpName = "file",
            Description = "A safetensors file to write: `logits` [tokens, vocabulary], F32, of the prefill." }.RejectEmpty();
        Command command =
            new(Name,
                "Run tokens through a model, at once and one by one, and show the likeliest next tokens and checksums of all "
                    + "logits.") { model.File };
        foreach (Option option in (Option[])[tokens, .. text.All, bare, special, file, .. model.All, model.Lora])
            command.Options.Add(option);
        command.SetAction((result, cancellation) => Task.Run(
            () =>
            {
                Request request = new(model.Read(result), result.GetValue(tokens), text.Read(result), !result.GetValue(bare),
                    result.GetValue(special), result.GetValue(file));
                if (request.Ids is null == request.Text is null)
                    throw new CliException("One of --tokens IDS, -p TEXT and -f FILE must say which tokens go through the model.");
                return Run(engines, request, result.InvocationConfiguration, cancellation);
            },
            cancellation));
        return command;
    }

    private static int Run(EngineBuilder engines, Request request, InvocationConfiguration console, CancellationToken cancellation)
    {
        ProgressBars bars = ProgressBars.On(console.Error);
        using RunningModel running =
            RunningModel.Open(request.Model, engines, bars, cancellation, needsTokenizer: request.Text is not null);
        ILlamaModel model = running.Model;
        int[] tokens = Tokens(running, request);
        using LogitsRows prefilled = new(model.Shape.VocabSize), decoded = new(model.Shape.VocabSize);
        if (request.Output is null)
            Prefill(model, tokens, prefilled, bars, cancellation);
        else
            LogitsFile.Write(request.Output, tokens.Length, model.Shape.VocabSize,
                stream => Prefill(model, tokens, prefilled.CopiedTo(stream), bars, cancellation));
        Decode(model, tokens, decoded, bars, cancellation);
        Write(console.Output, running, prefilled, decoded);

        // On standard error, so that what machines print can be compared.
        console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"isa={model.InstructionSet} threads={model.Threads}"));
        return 0;
    }

    private static int[] Tokens(RunningModel running, Request request)
    {
        ModelShape shape = running.Model.Shape;
        int[] tokens = request.Ids is not null
            ? TokenIds.Parse(request.Ids, shape.VocabSize)
            : running.Tokenizer.Encode(request.Text, running.Tokenizer.AddBos && request.AddBos, parseSpecial: request.ParseSpecial);
        if (tokens.Length == 0)
            throw new CliException("There is no token to go through the model.");
        return tokens.Length <= shape.Context
            ? tokens
            : throw new CliException(string.Create(CultureInfo.InvariantCulture,
                $"There are {tokens.Length} tokens, but the context has {shape.Context} positions; --ctx may ask for more."));
    }

    private static void Prefill(ILlamaModel model, int[] tokens, LogitsRows rows, ProgressBars bars, CancellationToken cancellation)
    {
        model.Truncate(0);
        bars.Wait("prefilling", () =>
        {
            model.Prefill(tokens, rows, cancellation);
            return true;
        });
    }

    private static void Decode(ILlamaModel model, int[] tokens, LogitsRows rows, ProgressBars bars, CancellationToken cancellation)
    {
        model.Truncate(0);
        bars.Run("decoding", progress =>
        {
            for (int i = 0; i < tokens.Length; i++)
            {
                cancellation.ThrowIfCancellationRequested();
                rows.Read(i, model.Decode(tokens[i]));
                progress?.Report((double)(i + 1) / tokens.Length);
            }

            return true;
        });
    }

    private static void Write(TextWriter output, RunningModel running, LogitsRows prefilled, LogitsRows decoded)
    {
        float[] last = prefilled.Last.ToArray();
        output.WriteLine(" token            logit");

        // A stable sort: of equal logits the lower id is first. What is no number is behind all that are.
        foreach (int id in Enumerable.Range(0, last.Length).OrderByDescending(id => last[id]).Take(Shown))
        {
            string piece = running.HasTokenizer && id < running.Tokenizer.VocabSize ? "  " + TokenText.Of(running.Tokenizer, id) : "";
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id,6}  {last[id],15:G9}{piece}"));
        }

        foreach ((string way, LogitsRows rows) in ((string, LogitsRows)[])[("prefill", prefilled), ("decode", decoded)])
        {
            string numbers = rows.NonFinite == 0 ? "" : $", of which {Quantity.Count(rows.NonFinite, "number")} not finite";
            output.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{way,-7}  sha256 {rows.Checksum}  [{rows.Count}, {last.Length}]{numbers}"));
        }
    }

    private sealed record Request(ModelRequest Model, string? Ids, string? Text, bool AddBos, bool ParseSpecial, string? Output);
}
