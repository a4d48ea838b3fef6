using System;
using System.Buffers.Binary;
using System.IO;
using System.Text;

namespace Llamalith.TorchPeer;

/// <summary>
/// Lets TorchSharp's library load on systems with the C++ library of GCC 12 (Debian 12, Ubuntu 22.04), on which the comparison with torch
/// would else be skipped. It is built with GCC 13 and needs one symbol that is newer: the function by which its static initialisers see to
/// it that std::cout exists. Older C++ libraries have no such function: there, whatever was built for them, libtorch among it, makes the
/// streams itself. So the call is turned to a function without effect, and the version that is missing is marked as weak. That is done to
/// the build's own copy alone, and only where the library does not load as it is; nothing that computes is touched, and what is not found
/// as expected is left as it was.
/// </summary>
internal static class StandardLibrarySymbol
{
    private const string Missing = "_ZSt21ios_base_library_initv", Version = "GLIBCXX_3.4.32";

    // std::chrono::steady_clock::now(): takes nothing, changes nothing, and is imported anyway.
    private const string Instead = "_ZNSt6chrono3_V212steady_clock3nowEv";

    private const uint DynamicSymbols = 11, VersionSymbols = 0x6fffffff, VersionNeeds = 0x6ffffffe;
    private const ushort Weak = 2;

    /// <summary>Changes a library in its place.</summary>
    /// <exception cref="InvalidDataException">It is not the library that this is about.</exception>
    public static void Replace(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        (int at, int size, int strings) symbols = Section(file, DynamicSymbols);
        (int at, int size, int strings) versions = Section(file, VersionSymbols);
        int missing = -1, instead = -1;
        for (int i = 0; i < symbols.size / 24; i++)
        {
            string name = Name(file, symbols.strings + Int(file, symbols.at + (24 * i)));
            if (name == Missing)
                missing = i;
            else if (name == Instead)
                instead = i;
        }

        if (missing < 0 || instead < 0)
            throw new InvalidDataException($"{path} has no symbol {(missing < 0 ? Missing : Instead)}.");
        file.AsSpan(symbols.at + (24 * instead), 4).CopyTo(file.AsSpan(symbols.at + (24 * missing)));
        file.AsSpan(versions.at + (2 * instead), 2).CopyTo(file.AsSpan(versions.at + (2 * missing)));
        MarkWeak(file, path);

        // Beside it and renamed, since another process may have it open.
        string temporary = path + "." + Environment.ProcessId;
        File.WriteAllBytes(temporary, file);
        File.Move(temporary, path, overwrite: true);
    }

    private static void MarkWeak(byte[] file, string path)
    {
        (int need, int _, int strings) = Section(file, VersionNeeds);
        for (int next = -1; next != 0; need += next)
        {
            next = Int(file, need + 12);
            int aux = need + Int(file, need + 8);
            for (int step = -1; step != 0; aux += step)
            {
                step = Int(file, aux + 12);
                if (Name(file, strings + Int(file, aux + 8)) != Version)
                    continue;
                BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(aux + 4), Weak);
                return;
            }
        }

        throw new InvalidDataException($"{path} does not need {Version}.");
    }

    // A section of a 64-bit ELF file, and the strings that it refers to.
    private static (int At, int Size, int Strings) Section(byte[] file, uint type)
    {
        if (file.Length < 64 || Int(file, 0) != 0x464C457F)
            throw new InvalidDataException("That is no ELF file.");
        int headers = Int(file, 40), count = BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(60));
        for (int i = 0; i < count; i++)
        {
            int header = headers + (64 * i);
            if ((uint)Int(file, header + 4) != type)
                continue;
            int strings = headers + (64 * Int(file, header + 40));
            return (Int(file, header + 24), Int(file, header + 32), Int(file, strings + 24));
        }

        throw new InvalidDataException("The library lacks a section of dynamic symbols.");
    }

    private static int Int(byte[] file, int at) => BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at));

    private static string Name(byte[] file, int at) => Encoding.ASCII.GetString(file.AsSpan(at, file.AsSpan(at).IndexOf((byte)0)));
}
