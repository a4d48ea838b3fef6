using System;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace Llamalith.Generator.Reading;

/// <summary>Reduces a compilation and its MSBuild properties to what the rules ask.</summary>
internal static class BuildOptionsReader
{
    public static BuildOptions Read(Compilation compilation, AnalyzerConfigOptions properties)
    {
        CSharpCompilation csharp = (CSharpCompilation)compilation;
        return new BuildOptions
        {
            AllowsUnsafe = csharp.Options.AllowUnsafe,
            LanguageVersion = (int)csharp.LanguageVersion,
            FrameworkVersion = FrameworkVersion(compilation),
            ReferencesRuntime = NeededNames.HasRuntime(compilation),
            Targets = Property(properties, KnownNames.TargetsProperty),
            RuntimeIdentifier = Property(properties, KnownNames.RuntimeIdentifierProperty),
            AheadOfTime = AheadOfTime(properties),
            BuildMachine = BuildMachine.Sets,
            AvxVnni = bool.TryParse(Property(properties, KnownNames.AvxVnniProperty), out bool has) ? has : null,
        };
    }

    // The core library's version is the framework's, from .NET 5 on; mscorlib and netstandard have small numbers too, so look at the name.
    private static int FrameworkVersion(Compilation compilation)
    {
        AssemblyIdentity core = compilation.GetSpecialType(SpecialType.System_Object).ContainingAssembly.Identity;
        return core.Name is "System.Runtime" or "System.Private.CoreLib" ? core.Version.Major : 0;
    }

    // arm64 has Advanced SIMD in its baseline; on x64 the baseline is SSE4 and nothing is decided at run time.
    private static string? AheadOfTime(AnalyzerConfigOptions properties)
    {
        string target = Property(properties, KnownNames.RuntimeIdentifierProperty);
        if (target.Length == 0)
            target = Property(properties, KnownNames.SdkRuntimeIdentifierProperty);
        return Property(properties, KnownNames.PublishAotProperty)
            .Equals("true", StringComparison.OrdinalIgnoreCase) && target.EndsWith("-x64", StringComparison.Ordinal)
            ? Property(properties, KnownNames.IlcInstructionSetProperty)
            : null;
    }

    private static string Property(AnalyzerConfigOptions properties, string key) =>
        properties.TryGetValue(key, out string? value) ? value.Trim() : "";
}
