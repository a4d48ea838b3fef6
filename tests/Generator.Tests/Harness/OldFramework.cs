using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Tests.Harness;

/// <summary>A core library of .NET 9, as far as a test of its version needs one.</summary>
internal static class OldFramework
{
    public static MetadataReference Reference { get; } = CSharpCompilation.Create(
        "System.Runtime",
        [
            CSharpSyntaxTree.ParseText("""
                [assembly: System.Reflection.AssemblyVersion("9.0.0.0")]
                namespace System
                {
                    public class Object;
                    public abstract class ValueType;
                    public abstract class Enum : ValueType;
                    public struct Void;
                    public struct Boolean;
                    public struct Int32;
                    public class Attribute;
                    public sealed class String;
                }
                namespace System.Reflection
                {
                    public sealed class AssemblyVersionAttribute : Attribute
                    {
                        public AssemblyVersionAttribute(string version) { }
                    }
                }
                """),
        ],
        options: new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).ToMetadataReference();
}
