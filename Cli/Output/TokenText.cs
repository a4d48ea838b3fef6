using System;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Llamalith.Tokenization;

namespace Llamalith.Cli.Output;

/// <summary>Tokens as people read them.</summary>
internal static class TokenText
{
    /// <summary>A token's text in quotes, its byte, or its part in a sequence.</summary>
    public static string Of(Tokenizer tokenizer, int id)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ReadOnlySpan<byte> piece = tokenizer.GetPiece(id);
        if (tokenizer.GetKind(id) == TokenKind.Byte)
            return $"<0x{piece[0]:X2}>";
        if (piece.IsEmpty)
        {
            return id == tokenizer.BosId ? "(begin)" : id == tokenizer.EosId ? "(end)" : id == tokenizer.EotId
                ? "(end of turn)" : $"(mark {Quoted(tokenizer.GetName(id))})";
        }

        return Quoted(Encoding.UTF8.GetString(piece));
    }

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
