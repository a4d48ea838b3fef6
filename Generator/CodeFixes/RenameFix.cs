using System.Collections.Immutable;
using System.Composition;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.Rename;

namespace Llamalith.Generator.CodeFixes;

/// <summary>Gives a class or a member that is named like one of the engine's another name, wherever it is used.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(RenameFix)), Shared]
public sealed class RenameFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds => [FixNames.NamedLikeAMember, FixNames.MemberClash];

    // Renaming touches any number of documents, and two at once could touch the same.
    /// <inheritdoc/>
    public override FixAllProvider? GetFixAllProvider() => null;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        SemanticModel? semantics = await context.Document.GetSemanticModelAsync(context.CancellationToken).ConfigureAwait(false);
        if (root is null || semantics is null)
            return;
        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            // The innermost declaration around the name: a field's is its declarator.
            ISymbol? symbol = root.FindToken(diagnostic.Location.SourceSpan.Start).Parent?.AncestorsAndSelf()
                .Select(node => semantics.GetDeclaredSymbol(node, context.CancellationToken))
                .FirstOrDefault(static declared => declared is not null);
            if (symbol is null || !char.IsUpper(symbol.Name[0]))
                continue;
            string name = diagnostic.Id == FixNames.NamedLikeAMember ? symbol.Name + "Model" : "Own" + symbol.Name;
            Solution solution = context.Document.Project.Solution;
            string title = $"Rename to '{name}'";
            context.RegisterCodeFix(
                CodeAction.Create(
                    title,
                    cancellation => Renamer.RenameSymbolAsync(solution, symbol, new SymbolRenameOptions(), name, cancellation),
                    equivalenceKey: title),
                diagnostic);
        }
    }
}
