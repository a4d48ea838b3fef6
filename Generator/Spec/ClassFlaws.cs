using System;

namespace Llamalith.Generator.Spec;

/// <summary>What keeps a class from being completed by generated source.</summary>
[Flags]
internal enum ClassFlaws
{
    None = 0,
    NotPartial = 1,
    Nested = 2,
    Generic = 4,
    Static = 8,
    Abstract = 16,
    Record = 32,
    FileLocal = 64,
    PrimaryConstructor = 128,
    ExplicitLayout = 256,
    ComImport = 512,
}
