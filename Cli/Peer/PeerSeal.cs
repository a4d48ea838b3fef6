using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;

namespace Llamalith.Cli.Peer;

/// <summary>
/// What a folder of libraries held when it was installed: the SHA-256 of each, under a code that takes this user's secret. It is compared
/// before they are loaded, since what was verified once may have been changed since.
/// </summary>
internal static class PeerSeal
{
    private const string FileName = "seal";

    /// <summary>Writes down what a folder holds.</summary>
    public static void Write(string folder, string secret)
    {
        string sums = SumsOf(folder);
        File.WriteAllText(Path.Combine(folder, FileName), $"{CodeOf(sums, UserKey.GetOrCreate(secret))}\n{sums}");
    }

    /// <summary>Refuses a folder that holds anything else than was written down.</summary>
    /// <exception cref="CliException">The message names a library that is another one.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be read, or others may have written it.</exception>
    public static void Verify(string folder, string secret)
    {
        PrivateFolder.Require(folder);
        string path = Path.Combine(folder, FileName);
        string[] parts = File.Exists(path) ? File.ReadAllText(path).Split('\n', 2) : [];
        byte[] code = UserKey.Find(secret) is { } key && parts.Length == 2 ? Encoding.UTF8.GetBytes(CodeOf(parts[1], key)) : [];
        if (code.Length == 0 || !CryptographicOperations.FixedTimeEquals(code, Encoding.UTF8.GetBytes(parts[0])))
        {
            throw new CliException(
                $"{folder} is not as this tool left it ({FileName} is missing or not this user's). Delete the folder; `llamalith peer` "
                    + "fetches it again.");
        }

        string[] installed = parts[1].Split('\n'), found = SumsOf(folder).Split('\n');
        if (found.Except(installed).Concat(installed.Except(found)).FirstOrDefault() is { } other)
        {
            throw new CliException(
                $"{folder}: {other.Split(' ')[^1]} is not as it was installed. Delete the folder; `llamalith peer` fetches it again.");
        }
    }

    private static string SumsOf(string folder)
    {
        IEnumerable<string> lines = Directory.EnumerateFiles(folder).Where(static file => Path.GetFileName(file) != FileName)
            .Order(StringComparer.Ordinal).Select(static file =>
        {
            PrivateFolder.RequireFile(file);
            using FileStream stream = File.OpenRead(file);
            return $"{Convert.ToHexStringLower(SHA256.HashData(stream))} {Path.GetFileName(file)}";
        });
        return string.Join('\n', lines);
    }

    private static string CodeOf(string sums, byte[] key) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(sums)));
}
