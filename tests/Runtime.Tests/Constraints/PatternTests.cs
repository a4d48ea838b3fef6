using Llamalith.Constraints;

namespace Llamalith.Tests.Constraints;

public sealed class PatternTests
{
    [Theory]
    [InlineData(@"^\d{3}$", "123", true)]
    [InlineData(@"^\d{3}$", "123\n", false)]
    [InlineData(@"\d{3}", "a123b", true)]
    [InlineData(@"\d", "٣", false)]
    [InlineData(@"^foo|bar$", "xbar", true)]
    [InlineData(@"^foo|bar$", "xfoo", false)]
    [InlineData(@"^(?=.*[0-9])(?!.*x).{3,}$", "ab1", true)]
    [InlineData(@"^(?=.*[0-9])(?!.*x).{3,}$", "abx1", false)]
    [InlineData(@"^\p{Lu}\u{1F600}$", "É😀", true)]
    [InlineData(@"^(a*)*$", "aaa", true)]
    public void Pattern_IsEcmaScripts(string pattern, string text, bool matches) =>
        Assert.Equal(matches, ConstraintTests.AcceptsAll(Constraint.FromRegex(pattern), text));
}
