using System.Collections.Generic;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Linq;

namespace Llamalith.Cli.Commands;

/// <summary>What holds for arguments and options that name a file or a folder.</summary>
internal static class PathRules
{
    /// <summary>Refuses an empty name, as an unset variable of a shell gives.</summary>
    public static Argument<T> RejectEmpty<T>(this Argument<T> argument)
    {
        argument.Validators.Add(result => Check(result, result.Argument.Name, result.Tokens));
        return argument;
    }

    /// <inheritdoc cref="RejectEmpty{T}(Argument{T})"/>
    public static Option<T> RejectEmpty<T>(this Option<T> option)
    {
        option.Validators.Add(result => Check(result, result.Option.Name, result.Tokens));
        return option;
    }

    private static void Check(SymbolResult result, string name, IReadOnlyList<Token> tokens)
    {
        if (tokens.Any(token => token.Value.Length == 0))
            result.AddError($"{name} names a file or a folder, but is empty.");
    }
}
