using System;
using System.Text;

namespace Llamalith.Tests.Readers;

/// <summary>Puts a .safetensors file together from the text of its header and its data, with no check at all.</summary>
internal static class SafetensorsDraft
{
    public const string SampleHeader =
        """
        {"__metadata__":{"format":"pt","by":"tests"},
        "a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},
        "b.\u00e9":{"dtype":"BF16","shape":[5],"data_offsets":[24,34]},
        "c":{"dtype":"F16","shape":[],"data_offsets":[34,36]},
        "d":{"dtype":"F32","shape":[0,4],"data_offsets":[36,36]},
        "e":{"dtype":"I64","shape":[2],"data_offsets":[36,52]},
        "f":{"dtype":"F16","shape":[2,1,2],"data_offsets":[52,60]}}  
        """;

    public static byte[] SampleData
    {
        get
        {
            byte[] data = new byte[60];
            for (int i = 0; i < data.Length; i++)
                data[i] = (byte)(i + 1);
            return data;
        }
    }

    public static byte[] Sample() => Build(SampleHeader, SampleData);

    public static byte[] Build(string header, byte[] data, ulong? headerLength = null) =>
        Build(Encoding.UTF8.GetBytes(header), data, headerLength);

    public static byte[] Build(byte[] header, byte[] data, ulong? headerLength = null) =>
        [.. BitConverter.GetBytes(headerLength ?? (ulong)header.Length), .. header, .. data];
}
