using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Generator.CodeFixes;

/// <summary>Removes the modifier that keeps a model class from having instances or a second file.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RemoveModifierFix)), Shared]
public sealed class RemoveModifierFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [FixNames.UnusableClass];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span).FirstAncestorOrSelf<ClassDeclarationSyntax>() is not ClassDeclarationSyntax declaration)
            return;
        SyntaxToken modifier = declaration.Modifiers.FirstOrDefault(static token =>
            token.Kind() is SyntaxKind.StaticKeyword or SyntaxKind.AbstractKeyword or SyntaxKind.FileKeyword);
        if (modifier == default)
            return;
        string title = $"Remove '{modifier.Text}'";
        context.RegisterCodeFix(
            CodeAction.Create(title, _ => Remove(context.Document, root, declaration, modifier), equivalenceKey: title),
            context.Diagnostics);
    }

    // The token that follows takes over what stood before the modifier: indentation, comments, blank lines.
    private static Task<Document> Remove(Document document, SyntaxNode root, ClassDeclarationSyntax declaration, SyntaxToken modifier)
    {
        SyntaxToken next = modifier.GetNextToken();
        ClassDeclarationSyntax changed = declaration.ReplaceToken(next, next.WithLeadingTrivia(modifier.LeadingTrivia));
        changed = changed.WithModifiers(changed.Modifiers.RemoveAt(declaration.Modifiers.IndexOf(modifier)));
        return Task.FromResult(document.WithSyntaxRoot(root.ReplaceNode(declaration, changed)));
    }
}
