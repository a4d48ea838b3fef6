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

/// <summary>Gives a property of [LlamaModel] the value that the diagnostic suggests.</summary>
[ExportCodeFixProvider(LanguageNames.CSharp, Name = nameof(SetArgumentFix)), Shared]
public sealed class SetArgumentFix : CodeFixProvider
{
    /// <inheritdoc/>
    public override ImmutableArray<string> FixableDiagnosticIds =>
        [FixNames.HeadsNotDivisible, FixNames.MoreKvHeadsThanHeads, FixNames.FileDisagrees, FixNames.UnreadableArgument];

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
            if (!diagnostic.Properties.TryGetValue(FixNames.Property, out string? property) || property is null
                || !diagnostic.Properties.TryGetValue(FixNames.Value, out string? value) || value is null)
            {
                continue;
            }

            bool isOfFile = diagnostic.Properties.TryGetValue(FixNames.All, out string? all) && all is not null;
            Offer(isOfFile ? $"Take {diagnostic.Properties[FixNames.Shown]} from the file" : $"Set {property} = {value}", diagnostic,
                property + "=" + value);
            if (isOfFile && all!.IndexOf('\n') >= 0)
                Offer("Take all from the file", diagnostic, all.Split('\n'));
        }

        void Offer(string title, Diagnostic diagnostic, params string[] settings) => context.RegisterCodeFix(
            CodeAction.Create(title, _ => Set(context.Document, root, attribute, settings), equivalenceKey: title), diagnostic);
    }

    // Each as "Property=Value".
    private static Task<Document> Set(Document document, SyntaxNode root, AttributeSyntax attribute, string[] settings)
    {
        // Enums are named as the attribute is: in full, or as the usings have it.
        string space = attribute.Name is QualifiedNameSyntax qualified ? qualified.Left + "." : "";
        AttributeArgumentListSyntax list = attribute.ArgumentList ?? SyntaxFactory.AttributeArgumentList();
        foreach (string setting in settings)
        {
            int end = setting.IndexOf('=');
            list = With(
                list, setting.Substring(0, end), SyntaxFactory.ParseExpression(setting.Substring(end + 1).Replace(FixNames.Space, space)));
        }

        return Task.FromResult(document.WithSyntaxRoot(root.ReplaceNode(attribute, attribute.WithArgumentList(list))));
    }

    private static AttributeArgumentListSyntax With(AttributeArgumentListSyntax list, string property, ExpressionSyntax value)
    {
        AttributeArgumentSyntax? written =
            list.Arguments.FirstOrDefault(argument => argument.NameEquals?.Name.Identifier.ValueText == property);
        return written is null
            ? list.WithArguments(Append(list.Arguments, property, value))
            : list.ReplaceNode(written.Expression, value.WithTriviaFrom(written.Expression));
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
