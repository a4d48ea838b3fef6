using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Answers;

/// <summary>A whole answer.</summary>
internal sealed class Answer
{
    public StringBuilder Text { get; } = new();

    public StringBuilder Reasoning { get; } = new();

    public List<FunctionCallContent> Calls { get; } = [];

    public AnswerEnd End { get; private set; } = new(ChatFinishReason.Stop, null, null);

    /// <summary>Adds a piece.</summary>
    public void Add(AnswerPiece piece)
    {
        if (piece.Call is { } call)
            Calls.Add(call);
        else if (piece.Ending is { } end)
            End = end;
        else
            (piece.Kind == PieceKind.Text ? Text : Reasoning).Append(piece.Text);
    }

    /// <summary>All answers to a request.</summary>
    public static async Task<Answer[]> AllAsync(ApiCall call, AnswerRequest request)
    {
        Answer[] answers = [.. Enumerable.Range(0, request.Choices).Select(static _ => new Answer())];
        await foreach (AnswerPiece piece in call.AnswerAsync(request).ConfigureAwait(false))
            answers[piece.Choice].Add(piece);
        return answers;
    }
}
