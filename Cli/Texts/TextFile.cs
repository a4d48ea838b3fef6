using System;
using System.Globalization;
using System.IO;
using System.Text;
using Llamalith.Cli.Output;

namespace Llamalith.Cli.Texts;

/// <summary>Text from a file or standard input: UTF-8, or what a byte order mark says, and nothing that is neither.</summary>
internal static class TextFile
{
    /// <summary>The name that stands for standard input.</summary>
    public const string StandardInput = "-";

    // Whose marks are told apart in this order, since UTF-16's begins UTF-32's.
    private static readonly Encoding[] s_marked =
    [
        new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true),
        new UTF32Encoding(bigEndian: false, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UTF32Encoding(bigEndian: true, byteOrderMark: true, throwOnInvalidCharacters: true),
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    /// <summary>All of it, without a byte order mark.</summary>
    /// <param name="path">The file; - for standard input.</param>
    /// <exception cref="CliException">It is a folder, which the system would call forbidden, or no text; the message says
    /// where.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string Read(string path)
    {
        if (path == StandardInput)
        {
            using Stream input = StandardStreams.OpenInput();
            using MemoryStream bytes = new();
            input.CopyTo(bytes);
            return Decode(bytes.GetBuffer().AsSpan(0, (int)bytes.Length), NameOf(path));
        }

        return Directory.Exists(path)
            ? throw new CliException($"{path} is a folder, not a file of text.") : Decode(File.ReadAllBytes(path), path);
    }

    /// <summary>What messages call it.</summary>
    public static string NameOf(string path) => path == StandardInput ? "Standard input" : path;

    /// <summary>The text of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="name">What the message of an exception calls them.</param>
    /// <exception cref="CliException">They are no text.</exception>
    public static string Decode(ReadOnlySpan<byte> bytes, string name)
    {
        Encoding encoding = s_marked[0];
        int mark = 0;
        foreach (Encoding marked in s_marked)
        {
            if (bytes.StartsWith(marked.Preamble))
            {
                encoding = marked;
                mark = marked.Preamble.Length;
                break;
            }
        }

        try
        {
            return encoding.GetString(bytes[mark..]);
        }
        catch (DecoderFallbackException e)
        {
            throw new CliException(
                $"{name} is no {Title(encoding)} text: "
                    + $"0x{Convert.ToHexString(e.BytesUnknown ?? [])}{(encoding is UTF8Encoding ? Place(bytes, mark + e.Index) : "")}.", e);
        }
    }

    private static string Place(ReadOnlySpan<byte> bytes, int at) =>
        string.Create(CultureInfo.InvariantCulture, $" at byte {at}, in line {1 + bytes[..at].Count((byte)'\n')}");

    private static string Title(Encoding encoding) => encoding switch
    {
        UTF8Encoding => "UTF-8",
        UnicodeEncoding => "UTF-16",
        _ => "UTF-32",
    };
}
