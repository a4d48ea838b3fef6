using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Spec;

/// <summary>
/// From a request to a spec: fills the defaults in and says what is wrong. Pure, so that the generator and the analyzer come to the
/// same verdict, each on its own schedule.
/// </summary>
internal static class SpecRules
{
    public const int MaxDim = 262_144;
    public const int MaxFfnDim = 1_048_576;
    public const int MaxLayers = 4096;
    public const int MaxHeads = 4096;
    public const int MaxHeadDim = 1024;
    public const int MinVocabSize = 2;
    public const int MaxVocabSize = 1_048_576;

    // These bounds together keep every derived product inside a long: at most 2^57 bytes of weights, and as many of cache.
    public const int MaxContext = 1_048_576;

    public const int RequiredLanguageVersion = 1400;
    public const int RequiredFrameworkVersion = 10;

    /// <summary>The spec of a request that an engine can be emitted for; null where a problem forbids it.</summary>
    public static ModelSpec? Resolve(ModelRequest request, BuildOptions options)
    {
        foreach (SpecProblem problem in Check(request, options))
        {
            if (problem.Blocks)
                return null;
        }

        return ModelSpec.Of(request, options);
    }

    /// <summary>Everything that is wrong with a request, in the order of the rules' numbers within class, model and build.</summary>
    public static IReadOnlyList<SpecProblem> Check(ModelRequest request, BuildOptions options)
    {
        ProblemList problems = new();
        CheckClass(request, problems);
        for (int i = 0; i < request.Clashes.Count; i++)
            problems.AddClash(request.Clashes[i], i);
        foreach (string property in request.Unreadable)
            problems.Add(SpecRule.UnreadableArgument, [property], property);
        if (CheckFile(request, problems))
            CheckModel(request, options, problems);
        CheckPrompts(request, problems);
        CheckBuild(request, options, problems);
        return problems.Items;
    }

    /// <summary>What keeps a class from being loaded from a file.</summary>
    public static IReadOnlyList<SpecProblem> CheckAgreement(ModelSpec spec, DescribedFile file)
    {
        ProblemList problems = new();
        FileMismatch[] differences = [.. FileAgreement.Between(spec, file)];
        EquatableArray<string> all = new(differences.Select(static one => $"{one.Property}={one.Code}"));
        foreach (FileMismatch one in differences.Where(static one => one.IsFault))
        {
            problems.Items.Add(new SpecProblem(SpecRule.FileDisagrees, new EquatableArray<string>([one.Property]),
                new EquatableArray<string>([file.Path, one.Message, one.Shown]), one.Code, all));
        }

        return problems.Items;
    }

    /// <summary>The divisor of <paramref name="heads"/> nearest to <paramref name="kvHeads"/>; of two equally near, the larger.</summary>
    public static int NearestDivisor(int heads, int kvHeads)
    {
        int best = 1;
        for (int candidate = 1; candidate <= heads; candidate++)
        {
            if (heads % candidate == 0 && Math.Abs(candidate - kvHeads) <= Math.Abs(best - kvHeads))
                best = candidate;
        }

        return best;
    }

    private static void CheckClass(ModelRequest request, ProblemList problems)
    {
        if (Has(ClassFlaws.NotPartial))
            problems.Add(SpecRule.NotPartial, [], request.TypeName);
        if (Has(ClassFlaws.Nested))
            problems.Add(SpecRule.Nested, [], request.TypeName);
        if (Has(ClassFlaws.Generic))
            problems.Add(SpecRule.Generic, [], request.TypeName);
        Unusable(ClassFlaws.Static, "static");
        Unusable(ClassFlaws.Abstract, "abstract");
        Unusable(ClassFlaws.Record, "a record");
        Unusable(ClassFlaws.FileLocal, "local to its file");
        Unusable(ClassFlaws.PrimaryConstructor, "given a primary constructor");
        Unusable(ClassFlaws.ExplicitLayout, "given an explicit layout");
        Unusable(ClassFlaws.ComImport, "imported from COM");

        bool Has(ClassFlaws flaw) => (request.Flaws & flaw) != 0;

        void Unusable(ClassFlaws flaw, string what)
        {
            if (Has(flaw))
                problems.Add(SpecRule.UnusableClass, [], request.TypeName, what);
        }
    }

    // Without what was read of its file, a class says nothing that could be right or wrong.
    private static bool CheckFile(ModelRequest request, ProblemList problems)
    {
        if (request.From is not { } from)
            return true;
        string text = ModelFiles.DescriptionOf(from);
        if (request.File is not { } file)
        {
            problems.Add(SpecRule.FileNotRead, ["From"], from, text);
            return false;
        }

        string[] flaws = [.. FileValues.ProblemsOf(file)];
        foreach (string flaw in flaws)
            problems.Add(SpecRule.FileTextUnusable, ["From"], text, flaw);
        return flaws.Length == 0;
    }

    private static void CheckModel(ModelRequest request, BuildOptions options, ProblemList problems)
    {
        ModelSpec spec = ModelSpec.Of(request, options);
        bool sound = CheckEnums(request, spec, problems) & CheckSizes(request, spec, problems);
        if (sound)
            sound = CheckHeads(request, spec, problems);
        CheckReals(spec, problems);
        CheckIsa(request, spec, options, problems);
        if (request.File is { } file)
            problems.Items.AddRange(CheckAgreement(spec, file));
        if (spec.MaxMemory < 0)
            problems.Add(SpecRule.SizeOutOfRange, ["MaxMemory"], "MaxMemory", Text(spec.MaxMemory), "0", Text(long.MaxValue));
        if (!sound)
            return;
        CheckBlocks(spec, problems);
        CheckLists(spec, problems);
        if (spec.Training)
            CheckTraining(spec, problems);
    }

    private static void CheckLists(ModelSpec spec, ProblemList problems)
    {
        if (spec.QkNorm == QkNorm.Projection && LayerTensors.Of(spec).Any(static tensor => tensor.Role == TensorRole.Bias))
            problems.Add(SpecRule.UnusableList, ["QkNorm"], "QkNorm", "Projection", "cannot be beside biases of queries and keys");
        if (PatternFlaw(spec) is { } pattern)
            problems.Add(SpecRule.UnusableList, ["LayerPattern"], "LayerPattern", $"\"{spec.LayerPattern}\"", pattern);
        if (spec.RopeThetaLocal > 0 && !spec.LayerPattern.Contains('L'))
        {
            problems.Add(SpecRule.UnusableList, ["RopeThetaLocal"], "RopeThetaLocal", Text(spec.RopeThetaLocal),
                "is for layers L, of which LayerPattern has none");
        }

        if (spec.AttentionTemperature > 0 && spec.LayerPattern.Length > 0)
        {
            problems.Add(
                SpecRule.UnusableList, ["AttentionTemperature", "LayerPattern"], "AttentionTemperature", Text(spec.AttentionTemperature),
                "cannot be beside a LayerPattern");
        }

        if (spec.AttentionTemperature > 0 && spec.RopeScaling.Kind is RopeScaling.None or RopeScaling.Linear)
        {
            problems.Add(SpecRule.UnusableList, ["AttentionTemperature", "RopeScaling"], "AttentionTemperature",
                Text(spec.AttentionTemperature), $"counts by the original context, which RopeScaling.{spec.RopeScaling.Kind} has not");
        }

        if (spec.Rotated % 2 != 0)
        {
            problems.Add(
                SpecRule.UnusableList, ["RotaryDim"], "RotaryDim", Text(spec.RotaryDim), "is odd, but rotary embedding turns pairs");
        }

        if (spec.RopeScaling.Kind != RopeScaling.LongRope)
            return;
        Require("RopeScalingShortFactors", spec.RopeScaling.ShortFactors);
        Require("RopeScalingLongFactors", spec.RopeScaling.LongFactors);

        void Require(string property, string text)
        {
            int pairs = spec.Rotated / 2;
            double[]? factors = NumberList.Parse(text);
            string? flaw = factors is null ? "is no list of numbers with commas between"
                : factors.Length != pairs ? $"has {Text(factors.Length)} numbers, but {Text(pairs)} pairs of a head are turned"
                : factors.All(static factor => (float)factor > 0 && !float.IsInfinity((float)factor)) ? null
                : "has a number that is not positive and finite";
            if (flaw is not null)
                problems.Add(SpecRule.UnusableList, [property, "RopeScaling"], property, $"\"{text}\"", flaw);
        }
    }

    private static string? PatternFlaw(ModelSpec spec)
    {
        string pattern = spec.LayerPattern;
        return pattern.Any(static letter => letter is not ('L' or 'G' or 'N')) ? "has other letters than L, G and N"
            : pattern.Length > spec.Layers ? $"has {Text(pattern.Length)} letters, but Layers = {Text(spec.Layers)}"
            : pattern.Contains('L') && !spec.HasWindow ? "has layers L, but there is no window" : null;
    }

    // Frequencies alone have no derivative.
    private static void CheckTraining(ModelSpec spec, ProblemList problems)
    {
        foreach (SpecProperty property in spec.Hyperparameters)
        {
            if (property is { IsTrait: true, IsStated: true } && !property.Name.StartsWith("RopeScaling", StringComparison.Ordinal))
            {
                problems.Add(SpecRule.NotTrainable, [property.Name, "Training"], property.Name,
                    Convert.ToString(property.Value, CultureInfo.InvariantCulture));
            }
        }
    }

    // Rows are as wide as what a matrix multiplies: the residual stream, all query heads, the inner width.
    private static void CheckBlocks(ModelSpec spec, ProblemList problems)
    {
        int block = WeightBlocks.Of(spec.Weights).Min(static block => block.Columns);
        Require("Dim", spec.Dim);
        if (spec.QueryDim != spec.Dim)
            Require("HeadDim", spec.QueryDim);
        Require("FfnDim", spec.FfnDim);

        void Require(string property, int columns)
        {
            if (columns % block != 0)
            {
                problems.Add(SpecRule.WeightFormatsDoNotFit, ["Weights", property], property == "HeadDim" ? "Heads * HeadDim" : property,
                    Text(columns), Text(block), spec.Weights.ToString());
            }
        }
    }

    private static bool CheckEnums(ModelRequest request, ModelSpec spec, ProblemList problems)
    {
        bool sound = true;
        Require(IsDefined(request.Preset), "Preset", (int)request.Preset, "LlamaPreset");
        Require(spec.RopeLayout is RopeLayout.Interleaved or RopeLayout.HalfSplit, "RopeLayout", (int)spec.RopeLayout, "RopeLayout");
        Require(
            spec.RopeScaling.Kind is RopeScaling.None or RopeScaling.Linear or RopeScaling.Llama3 or RopeScaling.Yarn
                or RopeScaling.LongRope,
            "RopeScaling",
            (int)spec.RopeScaling.Kind,
            "RopeScaling");
        Require(spec.QkNorm is QkNorm.None or QkNorm.Head or QkNorm.Projection, "QkNorm", (int)spec.QkNorm, "QkNorm");
        Require(
            spec.NormPlacement is NormPlacement.Before or NormPlacement.After or NormPlacement.Both,
            "NormPlacement",
            (int)spec.NormPlacement,
            "NormPlacement");
        Require(spec.Activation is Activation.Silu or Activation.GeluTanh or Activation.Gelu, "Activation", (int)spec.Activation,
            "Activation");
        Require((spec.Weights & ~WeightBlocks.AllFormats) == 0, "Weights", (int)spec.Weights, "WeightFormat");
        Require(spec.KvCache is KvFormat.F16 or KvFormat.F32 or KvFormat.Int8, "KvCache", (int)spec.KvCache, "KvFormat");
        Require((request.Isa & ~InstructionSet.All) == 0, "Isa", (int)request.Isa, "Isa");
        return sound;

        void Require(bool defined, string property, int value, string type)
        {
            if (defined)
                return;
            sound = false;
            problems.Add(SpecRule.UndefinedValue, [property], property, Text(value), type);
        }
    }

    private static bool CheckSizes(ModelRequest request, ModelSpec spec, ProblemList problems)
    {
        bool sound = true;
        WrittenValues values = request.Values;
        foreach (SpecProperty property in spec.Hyperparameters)
        {
            bool given = values.Has(property.Name);
            if (property.Value is not int size || (property.IsDerived && !given))
                continue;
            if (property.IsRequired && !given)
                problems.Add(SpecRule.MissingSize, [property.Name], property.Name);
            else if (!InRange(size, property.Least, property.Most))
                problems.Add(property.Rule, [property.Name], property.Name, Text(size), Text(property.Least), Text(property.Most));
            else
                continue;
            sound = false;
        }

        return sound;
    }

    private static bool CheckHeads(ModelRequest request, ModelSpec spec, ProblemList problems)
    {
        int before = problems.Items.Count;
        bool derived = !request.Values.Has("HeadDim");
        if (spec.KvHeads > spec.Heads)
            problems.Suggest(SpecRule.MoreKvHeadsThanHeads, ["KvHeads", "Heads"], Text(spec.Heads), Text(spec.KvHeads), Text(spec.Heads));
        else if (spec.Heads % spec.KvHeads != 0)
        {
            string nearest = Text(NearestDivisor(spec.Heads, spec.KvHeads));
            problems.Suggest(SpecRule.HeadsNotDivisible, ["KvHeads", "Heads"], nearest, Text(spec.Heads), Text(spec.KvHeads), nearest);
        }

        if (derived && spec.Dim % spec.Heads != 0)
            problems.Add(SpecRule.DimNotDivisible, ["Dim", "Heads"], Text(spec.Dim), Text(spec.Heads));
        else
        {
            string origin = derived ? $" (Dim = {Text(spec.Dim)} / Heads = {Text(spec.Heads)})" : "";
            if (!InRange(spec.HeadDim, 1, MaxHeadDim))
                problems.Add(
                    SpecRule.SizeOutOfRange, ["HeadDim", "Heads", "Dim"], "HeadDim", Text(spec.HeadDim) + origin, "1", Text(MaxHeadDim));
            else if (spec.HeadDim % 2 != 0)
                problems.Add(SpecRule.OddHeadDim, ["HeadDim", "Heads", "Dim"], Text(spec.HeadDim) + origin);
        }

        return problems.Items.Count == before;
    }

    private static void CheckReals(ModelSpec spec, ProblemList problems)
    {
        HashSet<string> broken = [];
        foreach (SpecProperty property in spec.Hyperparameters)
        {
            // Kernels compute in 32 bits, so a value must be positive and finite there too.
            if (property.Value is not double value || ((float)value > 0 && !float.IsInfinity((float)value)))
                continue;
            if (value == 0 && property.Least == 0)
                continue;
            problems.Add(SpecRule.NotPositive, [property.Name], property.Name, Text(value));
            broken.Add(property.Name);
        }

        // The passage between the two divides by their difference.
        const string High = "RopeScalingHighFrequencyFactor", Low = "RopeScalingLowFrequencyFactor";
        RopeScalingSpec scaling = spec.RopeScaling;
        if (!broken.Contains(Low) && !broken.Contains(High) && scaling.Kind == RopeScaling.Llama3
            && scaling.HighFrequencyFactor <= scaling.LowFrequencyFactor)
        {
            problems.Add(
                SpecRule.FrequencyFactorsCrossed, [High, Low], Text(scaling.HighFrequencyFactor), Text(scaling.LowFrequencyFactor));
        }
    }

    private static void CheckIsa(ModelRequest request, ModelSpec spec, BuildOptions options, ProblemList problems)
    {
        TargetNames.Parse(options.Targets, options.BuildMachine, out IReadOnlyList<string> unknown);
        InstructionSet asked = request.Isa;
        if (unknown.Count > 0 || (asked & ~InstructionSet.All) != 0)
            return;
        if (spec.Isa == InstructionSet.None)
        {
            string targets = options.Targets.Length == 0 ? "" : $", the build's LlamalithTargets = {options.Targets}";
            string runtime = options.RuntimeIdentifier.Length == 0 ? "" : $", its RuntimeIdentifier = {options.RuntimeIdentifier}";
            problems.Add(SpecRule.NoInstructionSet, ["Isa"], asked.ToString(), targets + runtime);
        }

        // Scalar code alone is what somebody asked for; scalar code in place of vectors is not.
        InstructionSet vectors = spec.Isa & ~InstructionSet.Scalar;
        if (options.AheadOfTime is { } set && vectors != 0 && (vectors & TargetNames.OfAheadOfTime(set, options.BuildMachine)) == 0)
            problems.Add(SpecRule.AotForgetsInstructionSet, ["Isa"], request.TypeName, vectors.ToString(), set, TargetNames.AheadOfTime);
    }

    private static void CheckPrompts(ModelRequest request, ProblemList problems)
    {
        for (int i = 0; i < request.Prompts.Count; i++)
        {
            PromptRequest prompt = request.Prompts[i];
            if (request.EmbeddedWeights is null)
                problems.AddPrompt(SpecRule.PromptWithoutWeights, i, prompt.Name, request.TypeName);
            if (!prompt.HasUsableName)
                problems.AddPrompt(SpecRule.UnusablePromptName, i, prompt.Name);
            else if (request.Prompts.Take(i).FirstOrDefault(other => other.Member == prompt.Member) is { } other)
                problems.AddPrompt(SpecRule.DuplicatePrompt, i, prompt.Name, other.Name, prompt.Member);
            if (prompt.Text.Length == 0)
                problems.AddPrompt(SpecRule.EmptyPrompt, i, prompt.Name);
        }
    }

    private static void CheckBuild(ModelRequest request, BuildOptions options, ProblemList problems)
    {
        if (!options.AllowsUnsafe)
            problems.Add(SpecRule.UnsafeNotAllowed, [], request.TypeName);
        if (options.LanguageVersion < RequiredLanguageVersion)
            problems.Add(SpecRule.TargetTooOld, [], "C#", Text(RequiredLanguageVersion / 100), Text(options.LanguageVersion / 100));
        if (options.FrameworkVersion < RequiredFrameworkVersion)
            problems.Add(SpecRule.TargetTooOld, [], ".NET", Text(RequiredFrameworkVersion), Text(options.FrameworkVersion));
        if (!options.ReferencesRuntime)
            problems.Add(SpecRule.RuntimeMissing, [], request.TypeName);
        TargetNames.Parse(options.Targets, options.BuildMachine, out IReadOnlyList<string> unknown);
        foreach (string name in unknown)
            problems.Add(SpecRule.UnknownInstructionSetName, [], name, options.Targets, TargetNames.All);
    }

    private static bool IsDefined(LlamaPreset preset) => preset is >= LlamaPreset.None and <= LlamaPreset.TinyLlama1_1B;

    private static bool InRange(int value, int min, int max) => value >= min && value <= max;

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);

    private sealed class ProblemList
    {
        public List<SpecProblem> Items { get; } = [];

        public void Add(SpecRule rule, string[] properties, params string[] arguments) => Suggest(rule, properties, "", arguments);

        public void AddPrompt(SpecRule rule, int prompt, params string[] arguments) =>
            Items.Add(new SpecProblem(rule, default, new EquatableArray<string>(arguments), Prompt: prompt));

        public void AddClash(ClassClash clash, int number) =>
            Items.Add(new SpecProblem(clash.Rule, default, clash.Arguments, Clash: number));

        public void Suggest(SpecRule rule, string[] properties, string suggestion, params string[] arguments) =>
            Items.Add(new SpecProblem(rule, new EquatableArray<string>(properties), new EquatableArray<string>(arguments), suggestion));
    }
}
