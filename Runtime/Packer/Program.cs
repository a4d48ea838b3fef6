using System;
using System.IO;
using Llamalith.Checkpoints;

namespace Llamalith.Packer;

/// <summary>Packs the models that a project embeds. Called by the package's targets, which read errors in MSBuild's own form.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case ["embed", var project, var sources, var output, var limit]:
                    new EmbedJob(project, output, long.Parse(limit, System.Globalization.CultureInfo.InvariantCulture)).Run(File.ReadAllLines(sources));
                    return 0;
                case ["append", var executable, var packed]:
                    AppendedWeights.Append(executable, packed);
                    return 0;
                default:
                    Console.Error.WriteLine("Usage: embed PROJECT-FOLDER SOURCES OUTPUT-FOLDER LIMIT | append EXECUTABLE PACKED");
                    return 2;
            }
        }
        catch (BuildErrorException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
