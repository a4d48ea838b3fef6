using System.Collections.Generic;
using System.Linq;

namespace Llamalith.Generator.Spec;

/// <summary>What kind of member an engine gives its class.</summary>
internal enum MemberKind
{
    /// <summary>A constant, a field or a property.</summary>
    Value,

    Method,

    Type,
}

/// <summary>A member that an engine gives its class.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Parameters">The types of a method's parameters, in full.</param>
internal readonly record struct EngineMember(string Name, MemberKind Kind, string Parameters = "");

/// <summary>
/// All that an engine adds to the user's class, so that a clash can be said where it lies, rather than in a file that nobody wrote. A test
/// holds it against what is emitted.
/// </summary>
internal static class EngineMembers
{
    private const string Checkpoint = "Llamalith.Contracts.Checkpoint";
    private const string Options = "Llamalith.Contracts.LoadOptions";
    private const string Prompt = "Llamalith.Contracts.BakedPrompt";
    private const string Tokens = "System.ReadOnlySpan<int>";
    private const string Cancellation = "System.Threading.CancellationToken";

    private static readonly EngineMember[] s_always =
    [
        .. new[]
        {
            "Dim", "FfnDim", "Layers", "Heads", "KvHeads", "HeadDim", "QueryDim", "KvDim", "GroupSize", "VocabSize", "Context",
            "Parameters", "CompiledShape", "Shape", "InstructionSet", "Threads", "Position", "Tokens", "Cache", "__engine",
        }.Select(static name => new EngineMember(name, MemberKind.Value)),
        new("Load", MemberKind.Method, $"string, {Options}"),
        new("Load", MemberKind.Method, $"{Checkpoint}, {Options}"),
        new("LoadAsync", MemberKind.Method, $"string, {Options}"),
        new("CreateCache", MemberKind.Method),
        new("Truncate", MemberKind.Method, "int"),
        new("Dispose", MemberKind.Method),
        new("Decode", MemberKind.Method, "int"),
        new("Decode", MemberKind.Method, "KvCache, int"),
        new("Prefill", MemberKind.Method, $"{Tokens}, {Cancellation}"),
        new("Prefill", MemberKind.Method, $"KvCache, {Tokens}, {Cancellation}"),
        new("Prefill", MemberKind.Method, $"{Tokens}, Llamalith.Contracts.ILogitsReader, {Cancellation}"),
        new("DecodeRows", MemberKind.Method, $"{Tokens}, Llamalith.Contracts.ILogitsReader, {Cancellation}"),
        new("KvCache", MemberKind.Type),
    ];

    /// <summary>The members of an engine with a trainer, embedded weights or prompts, or without them.</summary>
    public static IReadOnlyList<EngineMember> Of(bool training, bool embedded, bool prompts)
    {
        List<EngineMember> members = [.. s_always];
        if (training)
            members.Add(new EngineMember("Trainer", MemberKind.Type));
        if (embedded)
            members.Add(new EngineMember("Load", MemberKind.Method, Options));
        if (prompts)
        {
            members.Add(new EngineMember("Prompts", MemberKind.Type));
            members.Add(new EngineMember("BakedPrompts", MemberKind.Value));
            members.Add(new EngineMember("Begin", MemberKind.Method, Prompt));
            members.Add(new EngineMember("CreateCache", MemberKind.Method, Prompt));
        }

        return members;
    }
}
