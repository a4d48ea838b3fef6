using Llamalith.Constraints;

namespace Llamalith.Tests.Constraints;

public sealed class GrammarTests
{
    [Theory]
    [InlineData("root ::= \"a\" (\"b\" | [c-e])* # end\n", "abcde", true)]
    [InlineData("root ::= \"a\" (\"b\" | [c-e])*", "af", false)]
    [InlineData("root ::= expr\nexpr ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" expr \")\"", "(1+(23+4))+5", true)]
    [InlineData("root ::= expr\nexpr ::= term (\"+\" term)*\nterm ::= [0-9]+ | \"(\" expr \")\"", "(1+(23+4)+5", false)]
    [InlineData("root ::= [^\\n]{2,3} \"\\u65e5\"?", "äö日", true)]
    [InlineData("root ::= x\nx ::= \"\" | \"a\" x", "aaaa", true)]
    public void Grammar_IsLlamaCpps(string grammar, string text, bool follows) =>
        Assert.Equal(follows, ConstraintTests.AcceptsAll(Constraint.FromGrammar(grammar), text));

    [Theory]
    [InlineData("root ::= root \"a\" | \"b\"", "left recursion")]
    [InlineData("root ::= x \"a\"\nx ::= \"\" | y\ny ::= root", "left recursion")]
    [InlineData("root ::= x", "an undefined rule")]
    [InlineData("a ::= \"b\"", "no root rule")]
    [InlineData("root ::= \"a\" root", "a grammar without a sentence")]
    [InlineData("root ::= (\"a\"", "a grammar that is none")]
    public void Grammar_RefusesByName(string grammar, string reason) =>
        Assert.Equal(reason, Assert.Throws<ConstraintException>(() => Constraint.FromGrammar(grammar)).Reason);
}
