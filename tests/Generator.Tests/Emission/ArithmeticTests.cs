using System.IO;
using Llamalith.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Llamalith.Tests.Emission;

public sealed class ArithmeticTests
{
    /// <summary>
    /// Kernels wrap around on purpose, and a check in an inner loop would cost a third of its speed: CheckForOverflowUnderflow is the
    /// user's code's alone.
    /// </summary>
    [Theory]
    [InlineData(Models.Quantised)]
    [InlineData(Models.Int8Cache)]
    [InlineData(Models.TrainedOdd)]
    public void Engine_IsTheSameWithOverflowChecked(string source)
    {
        byte[] plain = Emit(checkOverflow: false), careful = Emit(checkOverflow: true);
        Assert.Equal(plain, careful);

        byte[] Emit(bool checkOverflow)
        {
            CSharpCompilation input = Compiler.Compile(source);
            input = input.WithOptions(input.Options.WithOverflowChecks(checkOverflow));
            Compiler.CreateDriver()
                .RunGeneratorsAndUpdateCompilation(input, out Compilation output, out _, TestContext.Current.CancellationToken);
            using MemoryStream image = new();
            Assert.True(output.Emit(image, cancellationToken: TestContext.Current.CancellationToken).Success);
            return image.ToArray();
        }
    }
}
