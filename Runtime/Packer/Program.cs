using System;
using System.Globalization;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Llamalith.Checkpoints;

namespace Llamalith.Packer;

/// <summary>Packs the models that a project embeds, and prefills their prompts. Called by the package's targets, which read errors in MSBuild's own form.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case ["embed", var sources, var roslyn, var project, var output, var limit, var generator, var targets, var defines]:
                    AssemblyLoadContext.Default.Resolving += (context, name) => Load(context, name, roslyn);
                    Embed(File.ReadAllLines(sources), new PackerOptions(project, output, long.Parse(limit, CultureInfo.InvariantCulture), generator, targets, defines));
                    return 0;
                case ["append", var executable, var packed]:
                    AppendedWeights.Append(executable, packed);
                    return 0;
                default:
                    Console.Error.WriteLine("Usage: embed SOURCES ROSLYN-FOLDER PROJECT-FOLDER OUTPUT-FOLDER LIMIT GENERATOR TARGETS DEFINES | append EXECUTABLE PACKED");
                    return 2;
            }
        }
        catch (BuildErrorException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
        {
            Console.Error.WriteLine($"Llamalith.Packer : error {BuildErrorException.Unusable}: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    // Apart, so that the C# compiler is not looked for before it is known where.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Embed(string[] sources, PackerOptions options) => new EmbedJob(options).Run(sources);

    private static Assembly? Load(AssemblyLoadContext context, AssemblyName name, string folder)
    {
        string path = Path.Combine(folder, name.Name + ".dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }
}
