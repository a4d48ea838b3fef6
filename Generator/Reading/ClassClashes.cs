using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Llamalith.Generator.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Generator.Reading;

/// <summary>A clash, and what of the project's lies there; null for the class itself.</summary>
internal readonly record struct LocatedClash(ClassClash Clash, Location? Place);

/// <summary>
/// Finds what in a class, its bases and its project leaves no room for an engine's names. The generator and the analyzer both ask: the one
/// sees the project as it was written, the other with what was generated, and both find the same in the same order.
/// </summary>
internal static class ClassClashes
{
    private static readonly SymbolDisplayFormat s_fullNames = SymbolDisplayFormat.FullyQualifiedFormat
        .WithGlobalNamespaceStyle(SymbolDisplayGlobalNamespaceStyle.Omitted)
        .WithMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.UseSpecialTypes);

    /// <summary>All clashes of a class whose engine has such members.</summary>
    public static IEnumerable<LocatedClash> Find(
        INamedTypeSymbol type, IReadOnlyList<EngineMember> members, Compilation compilation, CancellationToken cancellation)
    {
        ILookup<string, EngineMember> byName = members.ToLookup(static member => member.Name);
        return OfItsName(type, byName)
            .Concat(OfItsMembers(type, byName, cancellation))
            .Concat(OfItsBase(type, byName, compilation, cancellation))
            .Concat(NeededNames.TakenFrom(type, compilation));
    }

    private static IEnumerable<LocatedClash> OfItsName(INamedTypeSymbol type, ILookup<string, EngineMember> members)
    {
        if (members.Contains(type.Name) || IsAccessor(type.Name, members))
            yield return Clash(SpecRule.NamedLikeAMember, null, type.Name);
    }

    private static IEnumerable<LocatedClash> OfItsMembers(
        INamedTypeSymbol type, ILookup<string, EngineMember> members, CancellationToken cancellation)
    {
        foreach (ISymbol member in type.GetMembers())
        {
            if (member.IsImplicitlyDeclared || GeneratedTrees.OwnPlaceOf(member) is not { } place)
                continue;
            if (member is IMethodSymbol { MethodKind: MethodKind.Constructor } constructor)
            {
                // A primary constructor is declared by the class, whose fault it is.
                if (!constructor.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax(cancellation) is TypeDeclarationSyntax))
                    yield return Clash(SpecRule.OwnConstructor, place, type.Name);
            }
            else if (Leaves(member, members, member.MetadataName) is { } why)
            {
                yield return Clash(SpecRule.MemberClash, place, type.Name, member.Name, why);
            }
        }
    }

    /// <summary>What an engine has in the place of a member; null where both can be.</summary>
    private static string? Leaves(ISymbol member, ILookup<string, EngineMember> members, string name)
    {
        if (member is IMethodSymbol { MethodKind: not MethodKind.Ordinary })
            return null;
        // An accessor leaves its name to no type, of however many parameters.
        if (IsAccessor(name, members) || IsAccessor(member.Name, members))
            return "an accessor";
        if (member is IMethodSymbol method)
        {
            return members[name].Any(other => other.Kind != MemberKind.Method) ? "a member"
                : members[name].Any(other => HasSignature(method, other)) ? "a method of the same parameters"
                : null;
        }

        // Types of several arities may share a name with one another alone.
        bool isFree = !members[member.Name].Concat(members[name]).Any();
        bool isGenericBesideTypes = member is INamedTypeSymbol { Arity: > 0 }
            && members[member.Name].All(static other => other.Kind == MemberKind.Type);
        return isFree || isGenericBesideTypes ? null : "a member";
    }

    private static IEnumerable<LocatedClash> OfItsBase(
        INamedTypeSymbol type, ILookup<string, EngineMember> members, Compilation compilation, CancellationToken cancellation)
    {
        if (type.BaseType is not { SpecialType: not SpecialType.System_Object, TypeKind: not TypeKind.Error } parent)
            yield break;
        Location? place = BasePlace(type, parent, cancellation);
        if (ConstructorFlaw(type, parent, compilation) is { } flaw)
            yield return Clash(SpecRule.UnusableBase, place, type.Name, parent.Name, flaw);

        foreach (IGrouping<string, EngineMember> group in members)
        {
            if (InheritedFrom(type, parent, group, compilation) is not { } inherited)
                continue;
            string name = inherited.ContainingType.Name + "." + inherited.Name;
            if (inherited.IsAbstract && inherited is not INamedTypeSymbol)
            {
                string abstractMember = $"whose abstract member {name} the engine's member of that name would hide, not override";
                yield return Clash(SpecRule.UnusableBase, place, type.Name, parent.Name, abstractMember);
            }
            else
            {
                yield return Clash(SpecRule.HidesInherited, place, type.Name, group.Key, name);
            }
        }
    }

    // A class stands first in a list of bases.
    private static Location? BasePlace(INamedTypeSymbol type, INamedTypeSymbol parent, CancellationToken cancellation) =>
        type.DeclaringSyntaxReferences
            .Select(reference => (reference.GetSyntax(cancellation) as TypeDeclarationSyntax)?.BaseList?.Types[0].Type)
            .FirstOrDefault(written => written is not null
                && written.DescendantNodesAndSelf().OfType<SimpleNameSyntax>().Any(name => name.Identifier.ValueText == parent.Name))
            ?.GetLocation();

    private static string? ConstructorFlaw(INamedTypeSymbol type, INamedTypeSymbol parent, Compilation compilation)
    {
        if (SpecReader.AttributeOf(parent) is not null)
            return "which is a model class itself: its instances are made by Load alone";
        IMethodSymbol[] callable =
        [
            .. parent.InstanceConstructors.Where(constructor => compilation.IsSymbolAccessibleWithin(constructor, type)
                && constructor.Parameters.All(static parameter => parameter.IsOptional || parameter.IsParams)),
        ];
        IMethodSymbol? called = callable.FirstOrDefault(static constructor => constructor.Parameters.IsEmpty)
            ?? (callable is [IMethodSymbol only] ? only : null);
        return called is null ? "which has no constructor that the engine's could call without arguments"
            : called.GetAttributes().Any(IsObsoleteAsAnError) ? "whose constructor is obsolete, so that the engine's could not call it"
            : null;
    }

    private static bool IsObsoleteAsAnError(AttributeData attribute) =>
        attribute.AttributeClass?.ToDisplayString() == typeof(ObsoleteAttribute).FullName
        && attribute.ConstructorArguments is [_, { Value: true }];

    // The nearest member that one of the engine's of that name hides.
    private static ISymbol? InheritedFrom(
        INamedTypeSymbol type, INamedTypeSymbol parent, IGrouping<string, EngineMember> group, Compilation compilation)
    {
        for (INamedTypeSymbol? from = parent; from is { SpecialType: not SpecialType.System_Object }; from = from.BaseType)
        {
            ISymbol? hidden = from.GetMembers(group.Key).FirstOrDefault(inherited =>
                compilation.IsSymbolAccessibleWithin(inherited, type) && group.Any(member => Hides(member, inherited)));
            if (hidden is not null)
                return hidden;
        }

        return null;
    }

    private static bool Hides(EngineMember member, ISymbol inherited) =>
        inherited is not IMethodSymbol method
        || (method.MethodKind == MethodKind.Ordinary && (member.Kind != MemberKind.Method || HasSignature(method, member)));

    // A parameter by reference makes another signature.
    private static bool HasSignature(IMethodSymbol method, EngineMember member) =>
        member.Kind == MemberKind.Method
        && method.Arity == 0
        && method.Parameters.All(static parameter => parameter.RefKind == RefKind.None)
        && member.Parameters == ParametersOf(method);

    /// <summary>The types of a method's parameters, as <see cref="EngineMember"/> has them.</summary>
    internal static string ParametersOf(IMethodSymbol method) =>
        string.Join(", ", method.Parameters.Select(parameter => NameOf(parameter.Type, method.ContainingType)));

    // A type of the class's own has the name that it has within, whether or not it was generated yet.
    private static string NameOf(ITypeSymbol type, INamedTypeSymbol within) =>
        SymbolEqualityComparer.Default.Equals(type.ContainingType?.OriginalDefinition, within.OriginalDefinition)
            ? type.Name
            : type.ToDisplayString(s_fullNames);

    private static bool IsAccessor(string name, ILookup<string, EngineMember> members) =>
        (name.StartsWith("get_", StringComparison.Ordinal) || name.StartsWith("set_", StringComparison.Ordinal))
        && members[name.Substring(4)].Any(static member => member.Kind == MemberKind.Value);

    private static LocatedClash Clash(SpecRule rule, Location? place, params string[] arguments) =>
        new(new ClassClash(rule, new EquatableArray<string>(arguments)), place);
}
