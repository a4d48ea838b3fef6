using System;
using System.Collections.Generic;
using System.Linq;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;

namespace Llamalith.Tests.Emission;

/// <summary>A trainer is beside the engine, never in it.</summary>
public sealed class TrainingTests
{
    [Fact]
    public void Trainer_IsEmittedOnlyWhenAskedFor()
    {
        Dictionary<string, string> plain = FilesOf(Models.Stories260K);
        Dictionary<string, string> trained = FilesOf(Models.Trained);
        Assert.DoesNotContain(plain, static file =>
            file.Key.Contains("Train", StringComparison.Ordinal) || file.Value.Contains("Trainer", StringComparison.Ordinal));
        Assert.Contains("Model/Trainer.g.cs", trained.Keys);

        // But for the kernels' table of contents, the engine's files are the same to the byte.
        foreach ((string name, string text) in plain.Where(static file => file.Key != "Model/Kernels.g.cs"))
            Assert.Equal(text, trained[name]);
    }

    private static Dictionary<string, string> FilesOf(string model) =>
        Compiler.Generate(model).ToDictionary(static file => file.HintName, static file => file.SourceText.ToString());
}
