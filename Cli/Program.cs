using System;
using Llamalith.Cli;
using Llamalith.Cli.Output;

StandardStreams.Guard();
LostPages.Install();
return await Tool.RunAsync(args, Console.Out, Console.Error);
