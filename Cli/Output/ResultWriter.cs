using System;
using System.IO;

namespace Llamalith.Cli.Output;

/// <summary>Results: one that cannot be written is an error, and says of which stream.</summary>
/// <param name="inner">Where they go.</param>
internal sealed class ResultWriter(TextWriter inner) : GuardedWriter(inner)
{
    /// <inheritdoc/>
    protected override void Failed(Exception reason) =>
        throw new IOException($"Standard output cannot be written: {(reason.InnerException ?? reason).Message.TrimEnd('.')}.", reason);
}
