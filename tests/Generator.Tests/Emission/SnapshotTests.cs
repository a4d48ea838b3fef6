using System.Linq;
using Llamalith.Tests.Harness;

namespace Llamalith.Tests.Emission;

/// <summary>The whole output for one small model, approved by eye. A change shows up here as a diff to review.</summary>
public sealed class SnapshotTests
{
    [Fact]
    public void Stories260K_IsEmittedAsApproved() => Snapshot.Matches(
        "Stories260K",
        Compiler.Generate(Models.Stories260K).ToDictionary(
            static file => file.HintName["Model/".Length..^".g.cs".Length],
            static file => file.SourceText.ToString()));
}
