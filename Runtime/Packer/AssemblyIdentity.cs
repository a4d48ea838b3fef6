using System;
using System.Globalization;
using System.IO;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Threading;

namespace Llamalith.Packer;

/// <summary>What tells a build of an assembly from another.</summary>
internal static class AssemblyIdentity
{
    private const int Tries = 20;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// The module's version. An assembly that is half there, as while another build of the same tree writes it, is looked at again for some seconds.
    /// </summary>
    /// <exception cref="IOException">It cannot be read, or is no whole assembly; the message says what was read.</exception>
    public static Guid Of(string path)
    {
        for (int left = Tries; ; left--)
        {
            long length = -1;
            try
            {
                using FileStream file = File.OpenRead(path);
                length = file.Length;
                using PEReader reader = new(file);
                MetadataReader metadata = reader.GetMetadataReader();
                return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
            }
            catch (Exception e) when (e is BadImageFormatException or InvalidOperationException or IOException && left > 1)
            {
                Thread.Sleep(s_pause);
            }
            catch (Exception e) when (e is BadImageFormatException or InvalidOperationException)
            {
                throw new IOException(
                    string.Create(CultureInfo.InvariantCulture, $"{path} ({length} bytes) is no whole assembly: {e.Message} Does another build of the same project write it?"), e);
            }
        }
    }
}
