using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Llamalith.Cli.Models;
using Llamalith.Cli.Output;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith tokenize`: a text's tokens, or the text of tokens.</summary>
internal static class TokenizeCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Argument<string> file = new Argument<string>("FILE")
        {
            Description =
                "A model, or a tokenizer by itself: a tokenizer.json, tokenizer.model or tokenizer.bin, or a folder that holds one.",
        }.RejectEmpty();
        TextOptions text = new("The text; with --decode, token ids with spaces or commas between.");
        Option<bool> decode = new("--decode") { Description = "Turn token ids into their text." };
        Option<bool> bare = new("--no-bos") { Description = "Leave out the token that begins a sequence, where the model expects one." };
        Option<bool> special =
            new("--special") { Description = "Let names of control tokens in the text, such as <|eot_id|>, be these tokens." };
        Option<string> output = OutputOption.Create();
        Command command = new("tokenize", "Show how a model's own tokenizer cuts a text into tokens.") { file };
        foreach (Option option in (Option[])[.. text.All, decode, bare, special, output, model.Tokenizer])
            command.Options.Add(option);
        command.SetAction(result =>
        {
            string input = text.Require(result);
            Tokenizer tokenizer = AnyTokenizer.Open(result.GetRequiredValue(file), result.GetValue(model.Tokenizer));
            bool json = OutputOption.IsJson(result.GetRequiredValue(output));
            TextWriter console = result.InvocationConfiguration.Output;
            if (result.GetValue(decode))
                WriteText(console, tokenizer.Decode(TokenIds.Parse(input, tokenizer.VocabSize)), json);
            else
                WriteTokens(console, tokenizer,
                    tokenizer.Encode(input, tokenizer.AddBos && !result.GetValue(bare), parseSpecial: result.GetValue(special)), json);
            return 0;
        });
        return command;
    }

    private static void WriteText(TextWriter console, string text, bool json)
    {
        if (json)
            console.WriteLine(JsonSerializer.Serialize(new DecodedText(text), TokenJson.Default.DecodedText));
        else
            console.WriteLine(text);
    }

    private static void WriteTokens(TextWriter console, Tokenizer tokenizer, int[] tokens, bool json)
    {
        if (json)
        {
            List<TokenRecord> records =
                [.. tokens.Select(id => new TokenRecord(
                    id, tokenizer.GetKind(id).ToString().ToLowerInvariant(), Encoding.UTF8.GetString(tokenizer.GetPiece(id))))];
            console.WriteLine(JsonSerializer.Serialize(records, TokenJson.Default.ListTokenRecord));
            return;
        }

        foreach (int id in tokens)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id,6}  {TokenText.Of(tokenizer, id)}"));
    }
}

/// <summary>One token in JSON.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Kind">normal, unknown, control, userdefined, unused or byte.</param>
/// <param name="Piece">The text that it adds; bytes that are no UTF-8 by themselves are U+FFFD.</param>
internal sealed record TokenRecord(
    [property: JsonPropertyName("id")] int Id,
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("piece")] string Piece);

/// <summary>The text of tokens in JSON.</summary>
/// <param name="Text">The text.</param>
internal sealed record DecodedText([property: JsonPropertyName("text")] string Text);

/// <summary>The JSON of `tokenize`, whose names scripts rely on.</summary>
[JsonSerializable(typeof(List<TokenRecord>))]
[JsonSerializable(typeof(DecodedText))]
internal sealed partial class TokenJson : JsonSerializerContext;
