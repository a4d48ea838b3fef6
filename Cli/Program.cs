using System;
using System.Text;
using Llamalith.Cli;

if (OperatingSystem.IsWindows())
    Console.OutputEncoding = Encoding.UTF8;
return await Tool.RunAsync(args, Console.Out, Console.Error);
