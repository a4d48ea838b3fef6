using System;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Llamalith.Generator.Spec;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Catalogue = Llamalith.Generator.Diagnostics;
using FixNames = Llamalith.Generator.FixNames;

namespace Llamalith.Tests.Reading;

public sealed partial class DiagnosticDescriptorTests
{
    [Fact]
    public void Descriptors_AreNumberedAsTheirRules()
    {
        foreach (SpecRule rule in Enum.GetValues<SpecRule>())
            Assert.Equal($"LLAMA{(int)rule:000}", Catalogue.Of(rule).Id);
        Assert.Equal(Enum.GetValues<SpecRule>().Length, Catalogue.All.Length);
    }

    [Fact]
    public void Descriptors_HaveASectionInTheDocumentation()
    {
        string[] headings =
            [.. Heading().Matches(File.ReadAllText(Repository.PathOf("docs", "diagnostics.md"))).Select(match => match.Groups[1].Value)];
        Assert.Equal(Catalogue.All.Select(descriptor => descriptor.Id), headings);
        Assert.All(
            Catalogue.All, descriptor => Assert.Equal($"docs/diagnostics.md#{descriptor.Id.ToLowerInvariant()}", descriptor.HelpLinkUri));
    }

    [Fact]
    public void Descriptors_SayWhatAndWhy() => Assert.All(Catalogue.All, descriptor =>
    {
        Assert.NotEmpty(descriptor.Title.ToString());
        Assert.NotEmpty(descriptor.Description.ToString());
        Assert.Contains("{0}", descriptor.MessageFormat.ToString(), StringComparison.Ordinal);
    });

    [Fact]
    public void FixNames_AreTheRulesTheyFix()
    {
        Assert.Equal(FixNames.NotPartial, Catalogue.Of(SpecRule.NotPartial).Id);
        Assert.Equal(FixNames.UnusableClass, Catalogue.Of(SpecRule.UnusableClass).Id);
        Assert.Equal(FixNames.HeadsNotDivisible, Catalogue.Of(SpecRule.HeadsNotDivisible).Id);
        Assert.Equal(FixNames.MoreKvHeadsThanHeads, Catalogue.Of(SpecRule.MoreKvHeadsThanHeads).Id);
        Assert.Equal(FixNames.FileDisagrees, Catalogue.Of(SpecRule.FileDisagrees).Id);
        Assert.Equal(FixNames.NamedLikeAMember, Catalogue.Of(SpecRule.NamedLikeAMember).Id);
        Assert.Equal(FixNames.MemberClash, Catalogue.Of(SpecRule.MemberClash).Id);
        Assert.Equal(FixNames.OwnConstructor, Catalogue.Of(SpecRule.OwnConstructor).Id);
        Assert.Equal(FixNames.UnreadableArgument, Catalogue.Of(SpecRule.UnreadableArgument).Id);
    }

    [GeneratedRegex("^## (LLAMA[0-9]{3})$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
