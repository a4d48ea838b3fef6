using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Tasks;
using Llamalith.Cli.Models;
using Llamalith.Constraints;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Commands;

/// <summary>`llamalith constrain`: which texts a schema, grammar or pattern takes, and how well it does over a file of schemas.</summary>
internal static class ConstrainCommand
{
    private const int DeepestJson = 1000;

    public static Command Create()
    {
        ConstraintOptions what = new();
        Option<string?> check = new Option<string?>("--check")
        {
            HelpName = "file",
            Description = "Texts to check: a JSON object with text in each line; - for standard input.",
        }.RejectEmpty();
        Option<string?> suite = new Option<string?>("--suite")
        {
            HelpName = "file",
            Description = "Schemas with their instances: an object with schema and tests (data or text, valid) in each line.",
        }.RejectEmpty();
        Option<string?> tokenizer = new Option<string?>("--tokenizer")
        {
            HelpName = "file",
            Description = "For --suite: the tokenizer whose tokens masks are made for, and timed.",
        }.RejectEmpty();
        Option<string> output = OutputOption.Create();
        Command command = new("constrain", "Check texts against a JSON schema, grammar or regular expression, as generation is held to it.")
        {
            what.Schema, what.Grammar, what.Regex, what.Json, check, suite, tokenizer, what.Plain, output,
        };
        command.SetAction((result, cancellation) =>
        {
            bool json = OutputOption.IsJson(result.GetRequiredValue(output));
            TextWriter console = result.InvocationConfiguration.Output;
            if (result.GetValue(suite) is { } file)
            {
                Tokenizer? vocabulary = result.GetValue(tokenizer) is { } path ? AnyTokenizer.Open(path, null) : null;
                ConstraintSuite report = ConstraintSuite.Run(ReadLines(file), file, vocabulary, result.GetValue(what.Plain), cancellation);
                report.Write(console, json);
                return Task.FromResult(0);
            }
            Constraint constraint = what.Read(result)
                ?? throw new CliException("One of --schema FILE, --grammar FILE, --regex TEXT, --json and --suite FILE says what to check.");
            if (result.GetValue(check) is not { } texts)
                console.WriteLine(json ? "{\"taken\":true}" : "taken");
            else
                Check(constraint, texts, console, json);
            return Task.FromResult(0);
        });
        return command;
    }

    /// <summary>Lines with something in them, with their numbers.</summary>
    private static IEnumerable<(int Number, string Line)> ReadLines(string path)
    {
        if (path != "-" && Directory.Exists(path))
            throw new CliException($"{path} is a folder, not a file of text.");
        int number = 0;
        using TextReader reader = path == "-" ? Console.In : new StreamReader(path);
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return (number, line);
        }
    }

    private static void Check(Constraint constraint, string path, TextWriter console, bool json)
    {
        foreach ((int number, string line) in ReadLines(path))
        {
            CheckedText result = Check(constraint, number, TextOf(line, number, path));
            if (json)
                console.WriteLine(JsonSerializer.Serialize(result, ConstrainJson.Default.CheckedText));
            else if (result.Accepted)
                console.WriteLine(Line($"line {number}: accepted"));
            else
                console.WriteLine(Line($"line {number}: rejected at byte {result.Byte}, where {result.Found} stands instead of {result.Expected}"));
        }
    }

    private static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string TextOf(string line, int number, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = DeepestJson });
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String)
                return text.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CliException($"{path}, line {number}: {e.Message}", e);
        }
        throw new CliException($"{path}, line {number} must be a JSON object with a string \"text\".");
    }

    private static CheckedText Check(Constraint constraint, int number, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        ConstraintState state = constraint.Start();
        int taken = state.Advance(bytes);

        // White space behind a complete text harms nobody.
        bool isRest = state.CanEnd && bytes.AsSpan(taken).IndexOfAnyExcept(" \t\r\n"u8) < 0;
        if (isRest && (taken == bytes.Length || state.MustEnd))
            return new CheckedText(number, true, null, null, null);
        string found = taken == bytes.Length ? "the end" : Name(bytes[taken]);
        return new CheckedText(number, false, taken, found, Expected(state));
    }

    /// <summary>What can stand at a place, as ranges of bytes.</summary>
    private static string Expected(ConstraintState state)
    {
        List<string> parts = [];
        for (int first = 0; first < 256; first++)
        {
            if (!state.Allows((byte)first))
                continue;
            int last = first;
            while (last < 255 && state.Allows((byte)(last + 1)) && Kind(last + 1) == Kind(first))
                last++;
            string between = last == first + 1 ? ", " : "-";
            parts.Add(last == first ? Name((byte)first) : Name((byte)first) + between + Name((byte)last));
            first = last;
        }
        if (state.CanEnd)
            parts.Add("the end");
        return parts.Count > 0 ? string.Join(", ", parts) : "nothing";

        static int Kind(int b) =>
            b < 0x20 ? 0 : b is >= '0' and <= '9' ? 1 : b is >= 'A' and <= 'Z' ? 2 : b is >= 'a' and <= 'z' ? 3 : b < 0x7F ? 4 : 5;
    }

    private static string Name(byte b) => b is > 0x20 and < 0x7F ? $"'{(char)b}'" : b switch
    {
        (byte)' ' => "a space",
        (byte)'\n' => "a line feed",
        (byte)'\r' => "a carriage return",
        (byte)'\t' => "a tab",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{b:X2}"),
    };
}

/// <summary>Whether a text was accepted.</summary>
/// <param name="Line">Its line.</param>
/// <param name="Accepted">Whether it was.</param>
/// <param name="Byte">Where it was not, from 0.</param>
/// <param name="Found">What stood there.</param>
/// <param name="Expected">What could have stood there.</param>
internal sealed record CheckedText(
    [property: JsonPropertyName("line")] int Line,
    [property: JsonPropertyName("accepted")] bool Accepted,
    [property: JsonPropertyName("byte")] int? Byte,
    [property: JsonPropertyName("found")] string? Found,
    [property: JsonPropertyName("expected")] string? Expected);

/// <summary>The JSON of `constrain`, whose names scripts rely on.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CheckedText))]
[JsonSerializable(typeof(SuiteReport))]
internal sealed partial class ConstrainJson : JsonSerializerContext;
