using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore.Answers;

/// <summary>What a piece of an answer is.</summary>
internal enum PieceKind
{
    /// <summary>Text of the answer.</summary>
    Text,

    /// <summary>Text of the model's thoughts.</summary>
    Reasoning,

    /// <summary>A call, whole.</summary>
    Call,

    /// <summary>The end of an answer.</summary>
    End,
}

/// <summary>A piece of an answer.</summary>
/// <param name="Choice">Which answer it belongs to.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text: whole characters.</param>
/// <param name="Call">The call.</param>
/// <param name="Ending">How the answer ended.</param>
internal readonly record struct AnswerPiece(
    int Choice, PieceKind Kind, string Text = "", FunctionCallContent? Call = null, AnswerEnd? Ending = null);
