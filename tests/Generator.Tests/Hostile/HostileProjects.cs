using System.Collections.Generic;
using System.Linq;
using CsCheck;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Tests.Hostile;

/// <summary>
/// Makes projects with one model and much beside it, all named out of the engines' own source, C#'s keywords and the framework. Most are
/// legal; those that are not say nothing.
/// </summary>
internal static class HostileProjects
{
    private const string Sizes = "Dim = 64, FfnDim = 96, Layers = 1, Heads = 4, KvHeads = 2, VocabSize = 64, Context = 64";

    private static readonly string[] s_framework =
    [
        "System", "Llamalith", "Engines", "Contracts", "Runtime", "Intrinsics", "CompilerServices", "Threading", "Math", "MathF",
        "BitConverter", "GC", "Array", "Span", "ReadOnlySpan", "Unsafe",
        "Object", "String", "Int32", "Single", "Void", "Boolean", "Type", "Attribute", "Exception", "IDisposable", "Index", "Range", "Func",
        "Action", "Vector128", "Vector256", "Vector512", "Avx2",
        "Enumerable", "Console", "Task", "Nullable", "ValueType", "Enum", "Delegate", "IntPtr", "UIntPtr", "ILlamaModel", "Checkpoint",
        "LlamaModelAttribute", "RopeLayout", "KvFormat", "global",
    ];

    private static readonly string[] s_strange = ["_", "__", "Ünïcödé", "Модель", "模型", "हिन्दी", "Ⅷ", "a‿b", "İ", "nameof", "when",
        "e\u0301", "get_Shape", "set_Cache", "op_Implicit", "ctor", "Item", "Finalize", "Main", "Program"];

    private static readonly string[] s_keywords =
        [.. SyntaxFacts.GetReservedKeywordKinds().Concat(SyntaxFacts.GetContextualKeywordKinds()).Select(SyntaxFacts.GetText), "nint",
            "nuint", "dynamic", "notnull", "extension", "field", "scoped"];

    /// <summary>Projects whose names are drawn from these and from what every project might be thought to have.</summary>
    public static Gen<HostileProject> From(IReadOnlyList<string> names)
    {
        Gen<string> name = Gen.Frequency(
            (6, Gen.OneOf(names.ToArray())), (3, Gen.OneOf(s_framework)), (2, Gen.OneOf(s_keywords)), (1, Gen.OneOf(s_strange)));
        Gen<string> space = Gen.Frequency(
            (2, Gen.Const("My.App")), (2, name.Array[1, 3].Select(Dotted)), (1, Gen.Const("")),
            (1, Gen.OneOf("Llamalith", "System", "Llamalith.App", "App.Llamalith", "App.System")));
        Gen<string> model = Gen.Frequency((3, Gen.Const("Tiny")), (2, name));
        return
            from home in space
            from called in model
            from head in Head
            from bases in Base(Gen.Frequency((5, name), (1, Gen.Const(called))))
            from members in Gen.OneOf(Member(name), Method(name)).Array[0, 2]
            from declared in TypeIn(home, called, name).Array[0, 4]
            from used in Using(name).Array[0, 2]
            from helpers in Helpers(name)
            from features in Features
            from options in Options
            select options with
            {
                Sources =
                [
                    string.Concat(used) + "\n" + bases.Declaration + helpers,
                    In(home, $"{features}{head} partial class @{called}{bases.List}\n{{\n{string.Concat(members)}}}\n"),
                    .. declared,
                ],
            };
    }

    private static Gen<string> Features => Gen.Frequency(
        (5, Gen.Const("")),
        (2, Gen.Const(", Training = true")),
        (1, Gen.Const(", KvCache = global::Llamalith.KvFormat.Int8, SlidingWindow = 9, QkvBias = true")),
        (1, Gen.Const(", EmbeddedWeights = \"a \\\"b\\\"\\n.gguf\"")))
        .Select(Gen.Frequency((6, Gen.Const("Scalar")), (1, Gen.Const("Avx2")), (1, Gen.Const("All"))), static (more, isa) =>
            $"[global::Llamalith.LlamaModel({Sizes}{more}, Isa = global::Llamalith.Isa.{isa})]\n"
                + (more.Contains("EmbeddedWeights", System.StringComparison.Ordinal)
                    ? "[global::Llamalith.Prompt(\"story-one\", \"Once\")]\n" : ""));

    private static Gen<string> Head => Gen.Frequency(
        (6, Gen.OneOf("public sealed", "internal", "public", "", "unsafe", "internal sealed")),
        (1, Gen.OneOf(
            "[global::System.Obsolete] public", "[global::System.Obsolete(\"no\", true)] public",
            "[global::System.Diagnostics.CodeAnalysis.Experimental(\"ME001\")] public",
            "[global::System.CLSCompliant(true)] public", "[global::System.Serializable] public",
            "[global::System.Runtime.InteropServices.StructLayout(global::System.Runtime.InteropServices.LayoutKind.Explicit)] public",
            "[global::System.ComponentModel.EditorBrowsable(global::System.ComponentModel.EditorBrowsableState.Never)] public",
            "[global::System.Runtime.CompilerServices.CompilerGenerated] public")));

    private static Gen<HostileProject> Options =>
        from isChecked in Gen.Bool
        from isOptimized in Gen.Bool
        from isDocumented in Gen.Bool
        from level in Gen.OneOf(4, 9, 9999)
        from nullable in Gen.OneOf(NullableContextOptions.Disable, NullableContextOptions.Enable, NullableContextOptions.Warnings,
            NullableContextOptions.Annotations)
        from language in Gen.OneOf(LanguageVersion.CSharp14, LanguageVersion.Preview)
        select new HostileProject
        {
            Sources = [], Checked = isChecked, Optimized = isOptimized, Documented = isDocumented, WarningLevel = level,
            Nullable = nullable, Language = language,
        };

    private static Gen<(string Declaration, string List)> Base(Gen<string> name) => Gen.Frequency(
        (6, Gen.Const(("", ""))),
        (2, Gen.Select(name, Gen.OneOf(Member(name), Method(name), InheritableMember(name)).Array[0, 3],
            static (parent, members) => (Parent(parent, "public", string.Concat(members)), Derive(parent)))),
        (1, Gen.Select(name, Gen.OneOf(
            "public @NAME(int x) { }", "private @NAME() { }", "protected @NAME(int x = 1) { }",
            "protected internal @NAME(params int[] x) { }", "[global::System.Obsolete(\"no\", true)] protected @NAME() { }",
            "[global::System.Diagnostics.CodeAnalysis.SetsRequiredMembers] public @NAME() { } public required int Must { get; init; }",
            "public required int Must { get; init; }"),
            static (parent, member) =>
                (Parent(parent, "public", member.Replace("NAME", parent, System.StringComparison.Ordinal)), Derive(parent)))),
        (1, Gen.Select(name, static contract =>
            ($"namespace Bases {{ public interface @{contract} {{ int Twice(int x) => 2 * x; }} }}\n", Derive(contract)))));

    // Members that a global using brings everywhere.
    private static Gen<string> Helpers(Gen<string> name) => Gen.Frequency(
        (3, Gen.Const("")),
        (1, Gen.OneOf(Member(name), Method(name)).Array[1, 3]
            .Select(static members =>
                $"public static class Helpers {{ {string.Concat(members).Replace("private ", "public ", System.StringComparison.Ordinal)} "
                    + $"public static string nameof(object x) => \"\"; }}\n")));

    private static string Parent(string name, string modifiers, string members) =>
        $"namespace Bases {{ {modifiers} class @{name} {{ {members} }} }}\n";

    private static string Derive(string name) => $" : global::Bases.@{name}";

    private static Gen<string> InheritableMember(Gen<string> name) => Gen.Select(name, Gen.OneOf(
        "public virtual int @NAME() => 1;", "protected virtual void @NAME(int x) { }", "public virtual object @NAME { get; set; }",
        "protected internal static int @NAME;", "public virtual void Dispose() { }",
        "protected void Dispose(bool disposing) { }", "public class @NAME { }", "protected struct @NAME { public int A; }",
        "protected static T @NAME<T>(T x) => x;", "public virtual global::System.ReadOnlySpan<float> Decode(int token) => default;"),
        static (called, member) => member.Replace("NAME", called, System.StringComparison.Ordinal) + "\n");

    private static Gen<string> Member(Gen<string> name) => Gen.Select(name, Gen.OneOf(
        "private int @NAME;", "public const int @NAME = 3;", "internal static readonly string @NAME = \"\";",
        "public int @NAME { get; set; }", "private event global::System.Action @NAME;", "private class @NAME { }",
        "private struct @NAME<T> { }", "private enum @NAME { A }", "private delegate void @NAME(int x);", "private interface @NAME { }",
        "public required int @NAME { get; init; }", "private static int @NAME => 4;"),
        static (called, member) => member.Replace("NAME", called, System.StringComparison.Ordinal) + "\n");

    private static Gen<string> Method(Gen<string> name) => Gen.Select(name, Gen.OneOf(
        "private void @NAME() { }", "private int @NAME(int x) => x;", "public static string @NAME(string x) => x;",
        "internal T @NAME<T>(T x) => x;", "private void @NAME(ref int x) { }",
        "private int @NAME(object x) => 1;", "private void @NAME(global::System.ReadOnlySpan<int> x) { }",
        "private void @NAME(params int[] x) { }"),
        static (called, method) => method.Replace("NAME", called, System.StringComparison.Ordinal) + "\n");

    private static Gen<string> TypeIn(string home, string model, Gen<string> name)
    {
        string parent = home.Contains('.', System.StringComparison.Ordinal) ? home[..home.LastIndexOf('.')] : "";
        Gen<string> space = Gen.Frequency(
            (3, Gen.Const(home)), (2, Gen.Const(parent)), (3, Gen.Const("")),
            (1, name.Select(sibling => parent.Length == 0 ? Escaped(sibling) : $"{parent}.{Escaped(sibling)}")),
            (1, name.Select(nested => home.Length == 0 ? Escaped(nested) : $"{home}.{Escaped(nested)}")),
            (1, name.Array[1, 2].Select(Dotted)),
            (2, Gen.OneOf(
                "System", "System.Threading", "System.Runtime", "System.Runtime.CompilerServices", "System.Runtime.Intrinsics",
                "System.Runtime.Intrinsics.X86", "Llamalith", "Llamalith.Contracts", "Llamalith.Engines",
                home.Length == 0 ? $"Llamalith.Engines.@{model}" : $"Llamalith.Engines.{home}.@{model}",
                home.Length == 0 ? "Llamalith.Engines" : $"Llamalith.Engines.{home}")));
        Gen<string> declaration = Gen.Select(name, Gen.OneOf(
            "public class @NAME { }", "internal class @NAME { }", "public struct @NAME { }", "public struct @NAME<T> { }",
            "public class @NAME<T1, T2> { }", "public interface @NAME { }", "public enum @NAME { A, B }",
            "public delegate int @NAME(int x);", "public static class @NAME { public static int Twice(this int x) => 2 * x; }",
            "public record @NAME(int X);", "public record struct @NAME(int X);",
            "public class @NAME : global::System.Attribute { }", "public class @NAMEAttribute : global::System.Attribute { }",
            "file class @NAME { }",
            "public static class @NAME { public static void CopyTo<T>(this global::System.ReadOnlySpan<T> x, T[] y) { } public static bool "
                + "IsEmpty<T>(this global::System.Span<T> x) => true; }"),
            static (called, kind) => kind.Replace("@NAMEAttribute", called + "Attribute", System.StringComparison.Ordinal)
                .Replace("NAME", called, System.StringComparison.Ordinal) + "\n");
        return Gen.Select(space, declaration, static (where, what) => In(where, what));
    }

    private static Gen<string> Using(Gen<string> name) => Gen.Select(name, Gen.OneOf(
        "global using @NAME = global::System.String;", "global using @NAME = global::System.Collections.Generic.List<int>;",
        "global using @NAME = global::System.IO;", "global using @NAME = int;",
        "global using unsafe @NAME = int*;", "global using @NAME = (int A, string B);", "global using static global::System.Math;",
        "global using static global::Helpers;",
        "global using global::System; global using global::System.Linq; global using global::System.Numerics;",
        "global using static global::System.Runtime.Intrinsics.Vector128;",
        "global using static global::System.Runtime.CompilerServices.Unsafe;",
        "global using global::Llamalith; global using global::Llamalith.Contracts;"),
        static (called, directive) => directive.Replace("NAME", called, System.StringComparison.Ordinal) + "\n");

    private static string In(string space, string declaration) =>
        space.Length == 0 ? declaration : $"namespace {space}\n{{\n{declaration}}}\n";

    private static string Dotted(string[] parts) => string.Join(".", parts.Select(Escaped));

    private static string Escaped(string name) => "@" + name;
}
