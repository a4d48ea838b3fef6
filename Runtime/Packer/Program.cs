using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Llamalith.Checkpoints;

namespace Llamalith.Packer;

/// <summary>Reads the model files that a project names, packs those that it embeds, and prefills their prompts. Called by the package's targets, which read errors in MSBuild's own form.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case ["embed", var file]:
                    PackerArguments embed = PackerArguments.Read(file);
                    string roslyn = embed.One("roslyn");
                    AssemblyLoadContext.Default.Resolving += (context, name) => Load(context, name, roslyn);
                    Embed(embed);
                    return 0;
                case ["describe", var file]:
                    PackerArguments describe = PackerArguments.Read(file);
                    string compiler = describe.One("roslyn");
                    AssemblyLoadContext.Default.Resolving += (context, name) => Load(context, name, compiler);
                    new DescribeJob(describe).Run();
                    return 0;
                case ["append", var file]:
                    PackerArguments append = PackerArguments.Read(file);
                    AppendedWeights.Append(append.One("executable"), append.All("packed"));
                    return 0;
                default:
                    Console.Error.WriteLine("Usage: (embed | describe | append) ARGUMENTS-FILE");
                    return 2;
            }
        }
        catch (BuildErrorException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException or Contracts.ModelFormatException)
        {
            Console.Error.WriteLine($"Llamalith.Packer : error {BuildErrorException.Unusable}: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }

    // Apart, so that the C# compiler is not looked for before it is known where.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Embed(PackerArguments arguments) => new EmbedJob(PackerOptions.From(arguments)).Run(arguments.All("source"));

    private static Assembly? Load(AssemblyLoadContext context, AssemblyName name, string folder)
    {
        string path = Path.Combine(folder, name.Name + ".dll");
        return File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
    }
}
