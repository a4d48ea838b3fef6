using System;
using System.Buffers;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Llamalith.Cli.Chat;

/// <summary>What was said so far, and how answers are to be.</summary>
internal sealed class Talk
{
    private const int DeepestJson = 64;

    private static readonly JsonWriterOptions s_writing = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<ChatMessage> _messages = [];

    /// <summary>How answers are to be; null for no matter how.</summary>
    public string? System { get; set; }

    /// <summary>All messages, the system's first.</summary>
    public IReadOnlyList<ChatMessage> Messages =>
        System is { } system ? [new ChatMessage(ChatRole.System, system), .. _messages] : [.. _messages];

    /// <summary>Number of messages of users and the model.</summary>
    public int Count => _messages.Count;

    /// <summary>Adds a message.</summary>
    public void Add(ChatMessage message) => _messages.Add(message);

    /// <summary>Forgets all messages; how answers are to be stays.</summary>
    public void Reset() => _messages.Clear();

    /// <summary>Takes back the last message of the user's with all that followed it.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Undo()
    {
        int last = _messages.FindLastIndex(static message => message.Role == ChatRole.User);
        if (last < 0)
            return false;
        _messages.RemoveRange(last, _messages.Count - last);
        return true;
    }

    /// <summary>Writes the messages as JSON, in the form of OpenAI's API.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public void Save(string path)
    {
        ArrayBufferWriter<byte> text = new();
        using (Utf8JsonWriter writer = new(text, s_writing))
        {
            writer.WriteStartArray();
            foreach (ChatMessage message in Messages)
            {
                writer.WriteStartObject();
                writer.WriteString("role", message.Role.Value);
                writer.WriteString("content", message.Text);
                string thoughts = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(static content => content.Text));
                if (thoughts.Length > 0)
                    writer.WriteString("reasoning_content", thoughts);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        File.WriteAllBytes(path, text.WrittenSpan);
    }

    /// <summary>Takes the messages of a file in the place of these.</summary>
    /// <exception cref="InvalidDataException">It holds no messages; nothing was changed.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read.</exception>
    public void Load(string path)
    {
        List<ChatMessage> read = [];
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = DeepestJson });
            foreach (JsonElement message in json.RootElement.EnumerateArray())
            {
                ChatRole role = new(message.GetProperty("role").GetString()!);
                ChatMessage one = new(role, []);
                if (message.TryGetProperty("reasoning_content", out JsonElement thoughts))
                    one.Contents.Add(new TextReasoningContent(thoughts.GetString()));
                one.Contents.Add(new TextContent(message.GetProperty("content").GetString()));
                read.Add(one);
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or ArgumentException)
        {
            throw new InvalidDataException($"{path} holds no list of messages with a role and a content each: {e.Message}", e);
        }
        System = read.Count > 0 && read[0].Role == ChatRole.System ? read[0].Text : null;
        _messages.Clear();
        _messages.AddRange(System is null ? read : read.Skip(1));
    }
}
