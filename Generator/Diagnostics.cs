using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;

namespace Llamalith.Generator;

/// <summary>All that the compiler has to complain of. docs/diagnostics.md has a section for each.</summary>
internal static class Diagnostics
{
    private const string Category = "Llamalith";
    private const string Help = "docs/diagnostics.md#";

    public static readonly DiagnosticDescriptor NotPartial = new(
        "LLAMA001",
        "A model class must be partial",
        "{0} carries [LlamaModel], so its engine is generated as another part of it; declare it partial",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The compiler adds the engine to the annotated class as a second part, which C# allows only for a partial class.",
        helpLinkUri: Help + "llama001");

    public static readonly DiagnosticDescriptor Nested = new(
        "LLAMA002",
        "A model class must not be nested",
        "{0} is declared inside another type; move it to a namespace",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Generated parts of a nested class would need every containing type to be partial as well.",
        helpLinkUri: Help + "llama002");

    public static readonly DiagnosticDescriptor Generic = new(
        "LLAMA003",
        "A model class must not be generic",
        "{0} has type parameters, but an engine is compiled for one model; remove them",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Every size of an engine is a constant, so nothing is left for a type parameter to say.",
        helpLinkUri: Help + "llama003");

    public static readonly DiagnosticDescriptor UnusableClass = new(
        "LLAMA004",
        "A model class must be an ordinary class",
        "{0} is {1}; an engine needs an ordinary class that generated source can complete and callers can create",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A static or abstract class has no instances, a record would compare engines by value, a file-local class has no "
            + "second part in another file, a primary constructor would have to be called from generated ones, a class with an explicit "
            + "layout has no place for the engine's field, and one that is imported from COM may have no constructor.",
        helpLinkUri: Help + "llama004");

    public static readonly DiagnosticDescriptor MissingSize = new(
        "LLAMA005",
        "A size of the model is missing",
        "{0} is not set, and no preset gives it",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Without a preset the attribute must spell out Dim, FfnDim, Layers, Heads and VocabSize.",
        helpLinkUri: Help + "llama005");

    public static readonly DiagnosticDescriptor SizeOutOfRange = new(
        "LLAMA006",
        "A size of the model is out of range",
        "{0} = {1} is out of range; it must lie between {2} and {3}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Sizes are positive, and bounded so that every product of them fits 64 bits.",
        helpLinkUri: Help + "llama006");

    public static readonly DiagnosticDescriptor VocabularyOrContextOutOfRange = new(
        "LLAMA007",
        "The vocabulary or the context is out of range",
        "{0} = {1} is out of range; it must lie between {2} and {3}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A vocabulary has 2 to 1,048,576 tokens, and a context 1 to 1,048,576 positions.",
        helpLinkUri: Help + "llama007");

    public static readonly DiagnosticDescriptor HeadsNotDivisible = new(
        "LLAMA008",
        "Heads must be divisible by KvHeads",
        "Heads = {0} is not divisible by KvHeads = {1}; the nearest number that divides it is {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "In grouped-query attention every key and value head serves the same number of query heads.",
        helpLinkUri: Help + "llama008");

    public static readonly DiagnosticDescriptor MoreKvHeadsThanHeads = new(
        "LLAMA009",
        "There must not be more key and value heads than query heads",
        "KvHeads = {0} is larger than Heads = {1}; at most one key and value head can serve a query head",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "KvHeads runs from 1 (multi-query attention) to Heads (multi-head attention).",
        helpLinkUri: Help + "llama009");

    public static readonly DiagnosticDescriptor DimNotDivisible = new(
        "LLAMA010",
        "Dim must be divisible by Heads",
        "Dim = {0} is not divisible by Heads = {1}; correct one of them, or set HeadDim",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Where HeadDim is not set, it is Dim / Heads.",
        helpLinkUri: Help + "llama010");

    public static readonly DiagnosticDescriptor OddHeadDim = new(
        "LLAMA011",
        "The head dimension must be even",
        "HeadDim = {0} is odd, but rotary embedding turns the elements of a head in pairs",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Rotary position embedding rotates pairs of elements, so a head needs an even number of them.",
        helpLinkUri: Help + "llama011");

    public static readonly DiagnosticDescriptor NotPositive = new(
        "LLAMA012",
        "A real hyperparameter must be positive and finite",
        "{0} = {1} is not a positive, finite number in 32 bits",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Kernels compute in 32-bit floats, where the value must be neither zero, negative, infinite nor NaN.",
        helpLinkUri: Help + "llama012");

    public static readonly DiagnosticDescriptor FrequencyFactorsCrossed = new(
        "LLAMA013",
        "The high-frequency factor must exceed the low-frequency factor",
        "RopeScalingHighFrequencyFactor = {0} must be larger than RopeScalingLowFrequencyFactor = {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Llama 3's rule interpolates between the two factors and divides by their difference.",
        helpLinkUri: Help + "llama013");

    public static readonly DiagnosticDescriptor WindowOutOfRange = new(
        "LLAMA014",
        "The sliding window must not be negative",
        "{0} = {1} is out of range; it must be 0 (no window) or the number of positions that a query sees",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A window is a number of positions that a query sees, its own included; 0 sets none.",
        helpLinkUri: Help + "llama014");

    public static readonly DiagnosticDescriptor OverBudget = new(
        "LLAMA015",
        "The model needs more memory than MaxMemory allows",
        "The model takes {0} bytes, {1} of weights, {2} of KV cache ({3} positions of {4}) and {6} of buffers for {7} threads, but "
            + "MaxMemory = {5}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Weights, KV cache and buffers have sizes known at compile time; lower Context, use a smaller format, or raise "
            + "MaxMemory.",
        helpLinkUri: Help + "llama015");

    public static readonly DiagnosticDescriptor NoInstructionSet = new(
        "LLAMA016",
        "No instruction set is left",
        "Isa = {0}{1}: no instruction set is left to emit kernels for",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "At least one instruction set must remain after the attribute's Isa and the MSBuild properties LlamalithTargets and "
            + "RuntimeIdentifier are all applied.",
        helpLinkUri: Help + "llama016");

    public static readonly DiagnosticDescriptor UndefinedValue = new(
        "LLAMA017",
        "A value is not a member of its enum",
        "{0} = {1} is not a member of {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "An enum property holds a number that this version of the compiler has no meaning for.",
        helpLinkUri: Help + "llama017");

    public static readonly DiagnosticDescriptor UnsafeNotAllowed = new(
        "LLAMA018",
        "Engines need unsafe code to be allowed",
        "The engine of {0} is unsafe code; set <AllowUnsafeBlocks>true</AllowUnsafeBlocks> in the project file",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Kernels read weights through pointers. The Llamalith package sets the property; a project that references the "
            + "compiler otherwise sets it itself.",
        helpLinkUri: Help + "llama018");

    public static readonly DiagnosticDescriptor TargetTooOld = new(
        "LLAMA019",
        "The project's language or framework is too old",
        "The generated engine needs {0} {1}, but this project is compiled for {0} {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Generated source uses C# 14 and the vector types of .NET 10: set TargetFramework to net10.0 or later and leave "
            + "LangVersion at its default.",
        helpLinkUri: Help + "llama019");

    public static readonly DiagnosticDescriptor RuntimeMissing = new(
        "LLAMA020",
        "Llamalith.Runtime is not referenced",
        "The engine of {0} stands on Llamalith.Runtime, which this project does not reference",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The Llamalith package references it; a project that references the parts one by one needs Llamalith.Runtime too.",
        helpLinkUri: Help + "llama020");

    public static readonly DiagnosticDescriptor AotForgetsInstructionSet = new(
        "LLAMA021",
        "NativeAOT would fold every vector kernel away",
        "The engine of {0} is emitted for {1}, but NativeAOT compiles for IlcInstructionSet = '{2}', which has none of it; set "
            + "LlamalithTargets to {3}, and IlcInstructionSet not at all",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "On x64 NativeAOT decides at compile time which instruction sets exist, and by default none beyond SSE4 does: the "
            + "engine would run scalar code. The package sets IlcInstructionSet to match LlamalithTargets.",
        helpLinkUri: Help + "llama021");

    public static readonly DiagnosticDescriptor UnknownInstructionSetName = new(
        "LLAMA022",
        "LlamalithTargets names no instruction set",
        "'{0}' in LlamalithTargets = {1} is no instruction set; there are {2}, and native for those of the machine that builds",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The MSBuild property LlamalithTargets narrows the instruction sets of all models of a project.",
        helpLinkUri: Help + "llama022");

    public static readonly DiagnosticDescriptor WeightFormatsDoNotFit = new(
        "LLAMA023",
        "No declared weight format fits the rows of a matrix",
        "{0} = {1} is no multiple of {2}, the smallest block of Weights = {3}: no declared format can hold rows of that width",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A row is a whole number of blocks. Published files store such rows in a format of smaller blocks, Q8_0 or F16 for "
            + "example: add it.",
        helpLinkUri: Help + "llama023");

    public static readonly DiagnosticDescriptor PromptWithoutWeights = new(
        "LLAMA024",
        "A prompt needs embedded weights",
        "The prompt '{0}' is prefilled at build time, but {1} names no EmbeddedWeights to prefill it with",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Keys and values of a prompt are those of one model's weights, which the build must have.",
        helpLinkUri: Help + "llama024");

    public static readonly DiagnosticDescriptor UnusablePromptName = new(
        "LLAMA025",
        "The name of a prompt is unusable",
        "'{0}' is no name of a prompt: a letter, then letters, digits, '-' or '_', and not the name of a member that every class has",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The class gets a property of that name in Pascal case.",
        helpLinkUri: Help + "llama025");

    public static readonly DiagnosticDescriptor DuplicatePrompt = new(
        "LLAMA026",
        "Two prompts have one name",
        "The prompts '{0}' and '{1}' would both be Prompts.{2}; rename one",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The class gets a property for each prompt, named after it in Pascal case.",
        helpLinkUri: Help + "llama026");

    public static readonly DiagnosticDescriptor EmptyPrompt = new(
        "LLAMA027",
        "A prompt is empty",
        "The prompt '{0}' says nothing, so that there is nothing to prefill",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A prompt has a text.",
        helpLinkUri: Help + "llama027");

    public static readonly DiagnosticDescriptor NotTrainable = new(
        "LLAMA028",
        "A trainer cannot be made for this model",
        "Training does not know {0} = {1} yet",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A trainer has a derivative for everything that its model computes.",
        helpLinkUri: Help + "llama028");

    public static readonly DiagnosticDescriptor UnusableList = new(
        "LLAMA029",
        "What is said of each pair or layer does not fit",
        "{0} = {1} {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Lists and patterns have an element for each pair of a head, or for the layers.",
        helpLinkUri: Help + "llama029");

    public static readonly DiagnosticDescriptor FileNotRead = new(
        "LLAMA036",
        "The model file of a class was not read",
        "From = {0}, but there is no {1} among the project's files; the first build where the model file is writes it",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The compiler reads no model file. The build step of the package Llamalith does, and writes what it read beside the "
            + "project.",
        helpLinkUri: Help + "llama036");

    public static readonly DiagnosticDescriptor FileTextUnusable = new(
        "LLAMA037",
        "What was read of a model file is unusable",
        "{0} is no description of a model file for this compiler: {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The text beside the project is written by the build; it was edited, damaged, or another version of Llamalith wrote "
            + "it.",
        helpLinkUri: Help + "llama037");

    public static readonly DiagnosticDescriptor FileDisagrees = new(
        "LLAMA038",
        "A class is for another model than its file holds",
        "{1} ({0})",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The class is loaded from this file, as From, EmbeddedWeights or a call of Load says, and loading would fail.",
        helpLinkUri: Help + "llama038");

    public static readonly DiagnosticDescriptor NamedLikeAMember = new(
        "LLAMA040",
        "A model class must not be named like a member of its engine",
        "{0} is what engines call a member of theirs, which cannot have the name of its class; rename the class",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "C# allows no member that has the name of its class.",
        helpLinkUri: Help + "llama040");

    public static readonly DiagnosticDescriptor MemberClash = new(
        "LLAMA041",
        "A member clashes with one of the engine",
        "The engine of {0} has {2} named {1} already; rename this one",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The engine's members are added to the class, where names must be free. A method may have the name of one of the "
            + "engine's, if its parameters differ.",
        helpLinkUri: Help + "llama041");

    public static readonly DiagnosticDescriptor OwnConstructor = new(
        "LLAMA042",
        "A model class must not have a constructor",
        "An instance that this constructor made of {0} would have no engine; instances are made by Load, and what has to be set beside may "
            + "be a property",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "An engine has its weights from the beginning, so instances are made by the generated Load alone.",
        helpLinkUri: Help + "llama042");

    public static readonly DiagnosticDescriptor UnusableBase = new(
        "LLAMA043",
        "The base class of a model class is unusable",
        "{0} derives from {1}, {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The generated constructor calls that of the base class without arguments, and the engine's members override none.",
        helpLinkUri: Help + "llama043");

    public static readonly DiagnosticDescriptor HidesInherited = new(
        "LLAMA044",
        "A member of the engine hides an inherited one",
        "{1} of the engine of {0} hides the inherited {2}, which calls on {0} no longer reach",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description: "Members of an engine override none. Where the base class is called by that member's name, nothing of the engine "
            + "happens, and the other way round.",
        helpLinkUri: Help + "llama044");

    public static readonly DiagnosticDescriptor NameTaken = new(
        "LLAMA045",
        "A name that engines need is taken",
        "{0}, which the engine of {1} needs, {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Generated source names types of the framework and of Llamalith.Runtime in full, and lies in Llamalith.Engines. A "
            + "declaration of the same full name would be taken instead.",
        helpLinkUri: Help + "llama045");

    public static readonly DiagnosticDescriptor UnreadableArgument = new(
        "LLAMA046",
        "An argument is no constant of the project's own",
        "{0} is given by a constant that is generated, which is none yet when the engine is; write it out, or as a constant of the "
            + "project's own",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Source generators see the project as it was written, without what they and others generate.",
        helpLinkUri: Help + "llama046");

    private static readonly IReadOnlyDictionary<SpecRule, DiagnosticDescriptor> s_byRule = new Dictionary<SpecRule, DiagnosticDescriptor>
    {
        [SpecRule.NotPartial] = NotPartial,
        [SpecRule.Nested] = Nested,
        [SpecRule.Generic] = Generic,
        [SpecRule.UnusableClass] = UnusableClass,
        [SpecRule.MissingSize] = MissingSize,
        [SpecRule.SizeOutOfRange] = SizeOutOfRange,
        [SpecRule.VocabularyOrContextOutOfRange] = VocabularyOrContextOutOfRange,
        [SpecRule.HeadsNotDivisible] = HeadsNotDivisible,
        [SpecRule.MoreKvHeadsThanHeads] = MoreKvHeadsThanHeads,
        [SpecRule.DimNotDivisible] = DimNotDivisible,
        [SpecRule.OddHeadDim] = OddHeadDim,
        [SpecRule.NotPositive] = NotPositive,
        [SpecRule.FrequencyFactorsCrossed] = FrequencyFactorsCrossed,
        [SpecRule.WindowOutOfRange] = WindowOutOfRange,
        [SpecRule.OverBudget] = OverBudget,
        [SpecRule.NoInstructionSet] = NoInstructionSet,
        [SpecRule.UndefinedValue] = UndefinedValue,
        [SpecRule.UnsafeNotAllowed] = UnsafeNotAllowed,
        [SpecRule.TargetTooOld] = TargetTooOld,
        [SpecRule.RuntimeMissing] = RuntimeMissing,
        [SpecRule.AotForgetsInstructionSet] = AotForgetsInstructionSet,
        [SpecRule.UnknownInstructionSetName] = UnknownInstructionSetName,
        [SpecRule.WeightFormatsDoNotFit] = WeightFormatsDoNotFit,
        [SpecRule.PromptWithoutWeights] = PromptWithoutWeights,
        [SpecRule.UnusablePromptName] = UnusablePromptName,
        [SpecRule.DuplicatePrompt] = DuplicatePrompt,
        [SpecRule.EmptyPrompt] = EmptyPrompt,
        [SpecRule.NotTrainable] = NotTrainable,
        [SpecRule.UnusableList] = UnusableList,

        [SpecRule.FileNotRead] = FileNotRead,
        [SpecRule.FileTextUnusable] = FileTextUnusable,
        [SpecRule.FileDisagrees] = FileDisagrees,
        [SpecRule.NamedLikeAMember] = NamedLikeAMember,
        [SpecRule.MemberClash] = MemberClash,
        [SpecRule.OwnConstructor] = OwnConstructor,
        [SpecRule.UnusableBase] = UnusableBase,
        [SpecRule.HidesInherited] = HidesInherited,
        [SpecRule.NameTaken] = NameTaken,
        [SpecRule.UnreadableArgument] = UnreadableArgument,
    };

    /// <summary>Every descriptor, in the order of the ids.</summary>
    public static ImmutableArray<DiagnosticDescriptor> All { get; } =
        [.. s_byRule.Values.OrderBy(static descriptor => descriptor.Id, StringComparer.Ordinal)];

    /// <summary>How a rule is reported.</summary>
    public static DiagnosticDescriptor Of(SpecRule rule) => s_byRule[rule];
}
