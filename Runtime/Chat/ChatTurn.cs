namespace Llamalith.Chat;

/// <summary>A turn of a conversation.</summary>
/// <param name="User">What the user says.</param>
/// <param name="Answer">What the model answers; null in the last turn, where that is yet to come.</param>
public sealed record ChatTurn(string User, string? Answer = null);
