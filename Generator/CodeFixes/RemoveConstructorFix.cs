using System.Collections.Immutable;
using System.Composition;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Generator.CodeFixes;

/// <summary>Removes a model class's constructor, where it does nothing.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RemoveConstructorFix)), Shared]
public sealed class RemoveConstructorFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [FixNames.OwnConstructor];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span).FirstAncestorOrSelf<ConstructorDeclarationSyntax>()
            is not { Initializer: null, Body.Statements.Count: 0 } constructor)
        {
            return;
        }

        context.RegisterCodeFix(
            CodeAction.Create(
                "Remove the constructor",
                _ => Task.FromResult(context.Document.WithSyntaxRoot(root.RemoveNode(constructor, SyntaxRemoveOptions.KeepDirectives)!)),
                equivalenceKey: nameof(RemoveConstructorFix)),
            context.Diagnostics);
    }
}
