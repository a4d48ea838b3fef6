using System.Linq;
using Llamalith.Generator.Reading;
using Llamalith.Generator.Spec;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;

namespace Llamalith.Tests.Reading;

public sealed class EngineMembersTests
{
    private const string Sizes = "Dim = 64, FfnDim = 172, Layers = 5, Heads = 8, VocabSize = 512, Isa = Llamalith.Isa.Scalar";

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, true, true)]
    [InlineData(true, true, true)]
    public void EngineMembers_AreThoseThatAreEmitted(bool training, bool embedded, bool prompts)
    {
        string more = (training ? ", Training = true" : "") + (embedded ? ", EmbeddedWeights = \"m.gguf\"" : "");
        string source =
            $"[Llamalith.LlamaModel({Sizes}{more})]{(prompts ? "[Llamalith.Prompt(\"a\", \"b\")]" : "")} public sealed partial class Tiny;";
        Compiler.CreateDriver().RunGeneratorsAndUpdateCompilation(
            Compiler.Compile(source), out Compilation output, out _, TestContext.Current.CancellationToken);
        Assert.Equal(
            EngineMembers.Of(training, embedded, prompts).Select(static member => member.ToString()).Order(),
            output.GetTypeByMetadataName("Tiny")!.GetMembers().Select(Describe).OfType<EngineMember>()
                .Select(static member => member.ToString()).Order());
    }

    private static EngineMember? Describe(ISymbol member) => member switch
    {
        { IsImplicitlyDeclared: true } => null,
        IFieldSymbol or IPropertySymbol => new EngineMember(member.Name, MemberKind.Value),
        IMethodSymbol { MethodKind: MethodKind.Ordinary } method =>
            new EngineMember(member.Name, MemberKind.Method, ClassClashes.ParametersOf(method)),
        INamedTypeSymbol => new EngineMember(member.Name, MemberKind.Type),
        _ => null,
    };
}
