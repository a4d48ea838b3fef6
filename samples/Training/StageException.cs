using System;

namespace Llamalith.StoryTraining;

/// <summary>A stage cannot do its work, for a reason that the user can see to.</summary>
internal sealed class StageException(string message) : Exception(message);
