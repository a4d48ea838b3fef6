using System;
using System.Collections.Generic;
using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Isa;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Quant;

namespace Llamalith.Generator.Emission.Kernels;

/// <summary>Writes a panel's 32 sums to where they belong.</summary>
internal static class ProductEpilogue
{
    /// <param name="writer">Where to write.</param>
    /// <param name="isa">The instruction set.</param>
    /// <param name="epilogue">What becomes of the sums.</param>
    /// <param name="y">The pointer expression of the output row.</param>
    /// <param name="sums">The panel's vectors of sums, in order of rows.</param>
    public static void Write(SourceWriter writer, Dialect isa, Epilogue epilogue, string y, IReadOnlyList<string> sums)
    {
        bool isPair = epilogue is Epilogue.SwiGlu or Epilogue.GeGlu;
        int count = isPair ? sums.Count / 2 : sums.Count;
        string rows = isPair ? "(PanelRows / 2)" : "PanelRows";
        writer.Line($"float* to = {y} + (panel * {rows});");
        for (int i = 0; i < count; i++)
        {
            string target = Code.At("to", i * isa.Lanes);
            string value = epilogue switch
            {
                Epilogue.Store => sums[i],
                Epilogue.Add => $"{isa.Load(target)} + ({sums[i]})",
                Epilogue.AddScaled => $"{isa.Load(target)} + (({sums[i]}) * {isa.Broadcast("ResidualScale")})",
                Epilogue.SwiGlu => $"Silu({sums[i]}) * ({sums[i + count]})",
                Epilogue.GeGlu => $"Gelu({sums[i]}) * ({sums[i + count]})",
                Epilogue.CappedLogits =>
                    $"Tanh(({sums[i]}) * {isa.Broadcast("(LogitFactor / LogitSoftCap)")}) * {isa.Broadcast("LogitSoftCap")}",
                Epilogue.Logits => $"({sums[i]}) * {isa.Broadcast("LogitFactor")}",
                _ => throw Unknown(epilogue),
            };
            writer.Line(isa.Store(target, value));
        }
    }

    /// <summary>The parameter that relieves sums of what packing raised halves by.</summary>
    public static IReadOnlyList<(string Type, string Name)> UnitParameter(WeightBlock format) => format.HasUnit ? [("float", "unit")] : [];

    public static string Equation(Epilogue epilogue, string x) => epilogue switch
    {
        Epilogue.Store => $"y = W · {x}",
        Epilogue.Add => $"y += W · {x}",
        Epilogue.AddScaled => $"y += ResidualScale · W · {x}",
        Epilogue.GeGlu => $"y = gelu(Gate · {x}) ⊙ (Up · {x})",
        Epilogue.CappedLogits => $"y = LogitSoftCap · tanh(LogitFactor · W · {x} / LogitSoftCap)",
        Epilogue.Logits => $"y = LogitFactor · W · {x}",
        Epilogue.SwiGlu => $"y = silu(Gate · {x}) ⊙ (Up · {x})",
        _ => throw Unknown(epilogue),
    };

    private static ArgumentOutOfRangeException Unknown(Epilogue epilogue) => new(nameof(epilogue), epilogue, "No such epilogue.");
}
