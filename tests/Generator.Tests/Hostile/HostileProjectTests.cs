namespace Llamalith.Tests.Hostile;

public sealed class HostileProjectTests
{
    /// <summary>`tests/Benchmarks -- names` tries some thousands.</summary>
    [Fact]
    public void LegalProject_HasItsEngineOrAnExplanation()
    {
        HostileSurvey survey = HostileSurvey.Of(-1);
        Assert.True(survey.Faults.Count == 0, string.Join("\n\n", survey.Faults));
        Assert.True(survey.Outcomes[Outcome.Emitted] > survey.Projects / 4, string.Join(", ", survey.Outcomes));
    }
}
