namespace Llamalith.Generator;

/// <summary>What the analyzer tells the code fixes. Compiled into both assemblies, since neither can reference the other.</summary>
internal static class FixNames
{
    public const string NotPartial = "LLAMA001";
    public const string UnusableClass = "LLAMA004";
    public const string HeadsNotDivisible = "LLAMA008";
    public const string MoreKvHeadsThanHeads = "LLAMA009";
    public const string FileDisagrees = "LLAMA038";
    public const string NamedLikeAMember = "LLAMA040";
    public const string MemberClash = "LLAMA041";
    public const string OwnConstructor = "LLAMA042";
    public const string UnreadableArgument = "LLAMA046";

    /// <summary>Before the names of enums within values.</summary>
    public const string Space = "global::Llamalith.";

    /// <summary>The diagnostic property that names the attribute's property to set.</summary>
    public const string Property = nameof(Property);

    /// <summary>The diagnostic property that holds the value to set it to.</summary>
    public const string Value = nameof(Value);

    /// <summary>The diagnostic property that holds that value as a file's own, for people.</summary>
    public const string Shown = nameof(Shown);

    /// <summary>The diagnostic property that has a line for each property to set from a file, as "Property=Value".</summary>
    public const string All = nameof(All);
}
