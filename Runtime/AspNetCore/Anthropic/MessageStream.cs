using System;
using System.Text.Json;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Answers;
using Llamalith.AspNetCore.Requests;

namespace Llamalith.AspNetCore.Anthropic;

/// <summary>A message that is sent as events: blocks that start, grow and stop.</summary>
internal sealed class MessageStream(ApiCall call, AnswerRequest asked, string id)
{
    private PieceKind? _open;
    private int _block = -1;
    private bool _begun;

    public async Task RunAsync()
    {
        await foreach (AnswerPiece piece in call.AnswerAsync(asked).ConfigureAwait(false))
        {
            if (!_begun)
                await BeginAsync().ConfigureAwait(false);
            if (piece.Ending is { } end)
            {
                await CloseAsync().ConfigureAwait(false);
                await SendAsync("message_delta", writer =>
                {
                    writer.WriteStartObject("delta");
                    writer.WriteString("stop_reason", Messages.Reason(end));
                    writer.WriteNull("stop_sequence");
                    writer.WriteEndObject();
                    Messages.WriteUsage(writer, end);
                }).ConfigureAwait(false);
                await SendAsync("message_stop", static _ => { }).ConfigureAwait(false);
                return;
            }
            await PieceAsync(piece).ConfigureAwait(false);
        }
    }

    private async Task BeginAsync()
    {
        _begun = true;
        await SendAsync("message_start", writer =>
        {
            writer.WriteStartObject("message");
            Messages.WriteHead(writer, id, asked.Model.Id);
            writer.WriteStartArray("content");
            writer.WriteEndArray();
            writer.WriteNull("stop_reason");
            writer.WriteNull("stop_sequence");
            Messages.WriteUsage(writer, null);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async Task PieceAsync(AnswerPiece piece)
    {
        if (_open != piece.Kind || piece.Kind == PieceKind.Call)
        {
            await CloseAsync().ConfigureAwait(false);
            (_open, _block) = (piece.Kind, _block + 1);
            await SendAsync("content_block_start", writer =>
            {
                writer.WriteNumber("index", _block);
                writer.WriteStartObject("content_block");
                if (piece.Call is { } function)
                {
                    Messages.WriteCall(writer, function);
                    writer.WriteStartObject("input");
                    writer.WriteEndObject();
                }
                else
                {
                    string kind = piece.Kind == PieceKind.Text ? "text" : "thinking";
                    writer.WriteString("type", kind);
                    writer.WriteString(kind, "");
                }
                writer.WriteEndObject();
            }).ConfigureAwait(false);
        }
        (string type, string field, string text) = piece.Kind switch
        {
            PieceKind.Text => ("text_delta", "text", piece.Text),
            PieceKind.Reasoning => ("thinking_delta", "thinking", piece.Text),
            _ => ("input_json_delta", "partial_json", CallJson.Arguments(piece.Call!)),
        };
        await SendAsync("content_block_delta", writer =>
        {
            writer.WriteNumber("index", _block);
            writer.WriteStartObject("delta");
            writer.WriteString("type", type);
            writer.WriteString(field, text);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async Task CloseAsync()
    {
        if (_open is null)
            return;
        _open = null;
        await SendAsync("content_block_stop", writer => writer.WriteNumber("index", _block)).ConfigureAwait(false);
    }

    private Task SendAsync(string type, Action<Utf8JsonWriter> write) => call.SendAsync(writer =>
    {
        writer.WriteString("type", type);
        write(writer);
    }, type);
}
