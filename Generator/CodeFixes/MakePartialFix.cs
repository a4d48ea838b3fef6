using System.Collections.Immutable;
using System.Composition;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Generator.CodeFixes;

/// <summary>Declares a model class partial.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(MakePartialFix)), Shared]
public sealed class MakePartialFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [FixNames.NotPartial];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span).FirstAncestorOrSelf<TypeDeclarationSyntax>() is not TypeDeclarationSyntax declaration)
            return;
        context.RegisterCodeFix(
            CodeAction.Create("Make partial", _ => AddPartial(context.Document, root, declaration), equivalenceKey: nameof(MakePartialFix)),
            context.Diagnostics);
    }

    // `partial` must be the last modifier. Where it is the only one, the keyword `class` hands its leading trivia over.
    private static Task<Document> AddPartial(Document document, SyntaxNode root, TypeDeclarationSyntax declaration)
    {
        SyntaxToken partial = SyntaxFactory.Token(SyntaxKind.PartialKeyword).WithTrailingTrivia(SyntaxFactory.Space);
        TypeDeclarationSyntax changed = declaration;
        if (declaration.Modifiers.Count == 0)
        {
            partial = partial.WithLeadingTrivia(declaration.Keyword.LeadingTrivia);
            changed = changed.WithKeyword(declaration.Keyword.WithLeadingTrivia());
        }

        return Task.FromResult(document.WithSyntaxRoot(root.ReplaceNode(declaration, changed.AddModifiers(partial))));
    }
}
