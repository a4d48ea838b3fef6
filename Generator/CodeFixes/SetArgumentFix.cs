using System.Collections.Immutable;
using System.Composition;
using System.Globalization;
using System.Linq;
using System.Threading.Tasks;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Llamalith.Generator.CodeFixes;

/// <summary>Gives a property of [LlamaModel] the value that the diagnostic suggests.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SetArgumentFix)), Shared]
public sealed class SetArgumentFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds =>
        [FixNames.HeadsNotDivisible, FixNames.MoreKvHeadsThanHeads, FixNames.UnreadableArgument];

    /// <inheritdoc/>
    public override FixAllProvider GetFixAllProvider() => WellKnownFixAllProviders.BatchFixer;

    /// <inheritdoc/>
    public override async Task RegisterCodeFixesAsync(CodeFixContext context)
    {
        SyntaxNode? root = await context.Document.GetSyntaxRootAsync(context.CancellationToken).ConfigureAwait(false);
        if (root?.FindNode(context.Span, getInnermostNodeForTie: true)
            .FirstAncestorOrSelf<AttributeSyntax>() is not AttributeSyntax attribute)
        {
            return;
        }

        foreach (Diagnostic diagnostic in context.Diagnostics)
        {
            if (diagnostic.Properties.TryGetValue(FixNames.Property, out string? property) && property is not null
                && diagnostic.Properties.TryGetValue(FixNames.Value, out string? text)
                && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int value))
            {
                string title = $"Set {property} = {text}";
                context.RegisterCodeFix(
                    CodeAction.Create(title, _ => Set(context.Document, root, attribute, property, value), equivalenceKey: title),
                    diagnostic);
            }
        }
    }

    private static Task<Document> Set(Document document, SyntaxNode root, AttributeSyntax attribute, string property, int value)
    {
        ExpressionSyntax literal = SyntaxFactory.LiteralExpression(SyntaxKind.NumericLiteralExpression, SyntaxFactory.Literal(value));
        AttributeArgumentListSyntax list = attribute.ArgumentList ?? SyntaxFactory.AttributeArgumentList();
        AttributeArgumentSyntax? written =
            list.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == property);
        AttributeArgumentListSyntax changed = written is null
            ? list.WithArguments(Append(list.Arguments, property, literal))
            : list.ReplaceNode(written.Expression, literal.WithTriviaFrom(written.Expression));
        return Task.FromResult(document.WithSyntaxRoot(root.ReplaceNode(attribute, attribute.WithArgumentList(changed))));
    }

    private static SeparatedSyntaxList<AttributeArgumentSyntax> Append(
        SeparatedSyntaxList<AttributeArgumentSyntax> arguments, string property, ExpressionSyntax value)
    {
        AttributeArgumentSyntax argument = SyntaxFactory.AttributeArgument(
            SyntaxFactory.NameEquals(
                SyntaxFactory.IdentifierName(property),
                SyntaxFactory.Token(SyntaxKind.EqualsToken).WithLeadingTrivia(SyntaxFactory.Space).WithTrailingTrivia(SyntaxFactory.Space)),
            nameColon: null,
            value);
        return arguments.Count == 0
            ? arguments.Add(argument)
            : SyntaxFactory.SeparatedList<AttributeArgumentSyntax>(
                arguments.GetWithSeparators()
                    .Add(SyntaxFactory.Token(SyntaxKind.CommaToken).WithTrailingTrivia(SyntaxFactory.Space))
                    .Add(argument));
    }
}
