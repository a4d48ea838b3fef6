using System;
using Llamalith.Contracts;

namespace Llamalith.Tests.Contracts;

/// <summary>Sine and cosine of the tables of rotary embeddings.</summary>
public sealed class RotaryAngleTests
{
    [Fact]
    public void SinCos_IsThatOfTheLibrary()
    {
        double worst = 0;
        for (int position = 0; position < 131072; position += 1 + (position / 64))
        {
            for (int pair = 0; pair < 64; pair++)
            {
                double angle = position * Math.Pow(500000, -pair / 64.0);
                (double sin, double cos) = RotaryAngle.SinCos(angle);
                worst = Math.Max(worst, Math.Max(Math.Abs(sin - Math.Sin(angle)), Math.Abs(cos - Math.Cos(angle))));
            }
        }

        Assert.InRange(worst, 0, 1e-15);
    }

    [Fact]
    public void SinCos_OfNothing_IsExact() => Assert.Equal((0.0, 1.0), RotaryAngle.SinCos(0));
}
