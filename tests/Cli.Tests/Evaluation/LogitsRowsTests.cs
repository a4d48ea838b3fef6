using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using Llamalith.Cli.Evaluation;

namespace Llamalith.Tests.Evaluation;

public sealed class LogitsRowsTests
{
    [Fact]
    public void Rows_AreInTheOrderOfTheirTokens()
    {
        float[][] rows = [[1, -0f, 2.5f], [float.NaN, 3, float.NegativeInfinity], [4, 5, 6], [7, 8, 9]];
        using MemoryStream copy = new();
        using LogitsRows read = new LogitsRows(3).CopiedTo(copy);
        foreach (int token in (int[])[2, 0, 3, 1])
            read.Read(token, rows[token]);
        byte[] expected = [.. rows.SelectMany(row => row).SelectMany(value =>
        {
            byte[] bytes = new byte[sizeof(float)];
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            return bytes;
        })];
        Assert.Equal(expected, copy.ToArray());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(expected)), read.Checksum);
        Assert.Equal((4, 2L), (read.Count, read.NonFinite));
        Assert.Equal([7f, 8, 9], read.Last);
    }
}
