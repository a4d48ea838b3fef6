using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Llamalith.Cli.Models;
using Llamalith.Contracts;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith tokenize`: a text's tokens, or the text of tokens.</summary>
internal static class TokenizeCommand
{
    public static Command Create()
    {
        ModelOptions model = new();
        Option<string?> text = new("--prompt", "-p") { HelpName = "text", Description = "The text; with --decode, token ids with spaces or commas between." };
        Option<string?> file = new Option<string?>("--file", "-f") { HelpName = "file", Description = "A file that holds it instead; - for standard input." }.RejectEmpty();
        Option<bool> decode = new("--decode") { Description = "Turn token ids into their text." };
        Option<bool> bare = new("--no-bos") { Description = "Leave out the token that begins a sequence, where the model expects one." };
        Option<bool> special = new("--special") { Description = "Let names of control tokens in the text, such as <|eot_id|>, be these tokens." };
        Option<string> output = OutputOption.Create();
        Command command = new("tokenize", "Show how a model's own tokenizer cuts a text into tokens.") { model.File, text, file, decode, bare, special, output, model.Tokenizer };
        command.SetAction(result =>
        {
            string input = ReadInput(result.GetValue(text), result.GetValue(file));
            using Checkpoint checkpoint = Checkpoint.Open(result.GetRequiredValue(model.File));
            Tokenizer tokenizer = ModelTokenizer.Open(checkpoint, result.GetValue(model.Tokenizer));
            bool json = OutputOption.IsJson(result.GetRequiredValue(output));
            TextWriter console = result.InvocationConfiguration.Output;
            if (result.GetValue(decode))
                WriteText(console, tokenizer.Decode(ParseIds(input, tokenizer)), json);
            else
                WriteTokens(console, tokenizer, tokenizer.Encode(input, tokenizer.AddBos && !result.GetValue(bare), parseSpecial: result.GetValue(special)), json);
            return 0;
        });
        return command;
    }

    private static string ReadInput(string? text, string? file) => (text, file) switch
    {
        (not null, null) => text,
        (null, "-") => Console.In.ReadToEnd(),
        (null, not null) => TextFile.Read(file),
        _ => throw new CliException("Either -p TEXT or -f FILE says what to tokenize; one of the two must be there."),
    };

    private static int[] ParseIds(string text, Tokenizer tokenizer)
    {
        string[] words = text.Split([' ', ',', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries);
        int[] ids = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]) || ids[i] >= tokenizer.VocabSize)
                throw new CliException(string.Create(CultureInfo.InvariantCulture, $"'{words[i]}' is no token id; they are 0 to {tokenizer.VocabSize - 1}."));
        }

        return ids;
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
            List<TokenRecord> records = [.. tokens.Select(id => new TokenRecord(id, tokenizer.GetKind(id).ToString().ToLowerInvariant(), Encoding.UTF8.GetString(tokenizer.GetPiece(id))))];
            console.WriteLine(JsonSerializer.Serialize(records, TokenJson.Default.ListTokenRecord));
            return;
        }

        foreach (int id in tokens)
            console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{id,6}  {Shown(tokenizer, id)}"));
    }

    private static string Shown(Tokenizer tokenizer, int id)
    {
        ReadOnlySpan<byte> piece = tokenizer.GetPiece(id);
        if (tokenizer.GetKind(id) == TokenKind.Byte)
            return $"<0x{piece[0]:X2}>";
        if (piece.IsEmpty)
            return id == tokenizer.BosId ? "(begin)" : id == tokenizer.EosId ? "(end)" : id == tokenizer.EotId ? "(end of turn)" : $"(mark {Quoted(tokenizer.GetName(id))})";
        return Quoted(Encoding.UTF8.GetString(piece));
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
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
