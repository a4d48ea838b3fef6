namespace Llamalith.Generator.Spec;

/// <summary>What can be wrong with a request. The number is the diagnostic's: rule 8 is LLAMA008.</summary>
internal enum SpecRule
{
    NotPartial = 1,
    Nested = 2,
    Generic = 3,
    UnusableClass = 4,
    MissingSize = 5,
    SizeOutOfRange = 6,
    VocabularyOrContextOutOfRange = 7,
    HeadsNotDivisible = 8,
    MoreKvHeadsThanHeads = 9,
    DimNotDivisible = 10,
    OddHeadDim = 11,
    NotPositive = 12,
    FrequencyFactorsCrossed = 13,
    WindowOutOfRange = 14,
    OverBudget = 15,
    NoInstructionSet = 16,
    UndefinedValue = 17,
    UnsafeNotAllowed = 18,
    TargetTooOld = 19,
    RuntimeMissing = 20,
    AotForgetsInstructionSet = 21,
    UnknownInstructionSetName = 22,
    WeightFormatsDoNotFit = 23,
    PromptWithoutWeights = 24,
    UnusablePromptName = 25,
    DuplicatePrompt = 26,
    EmptyPrompt = 27,
}
