using System;
using System.IO;

namespace Llamalith.Cli.Output;

/// <summary>
/// Notices, progress and reports of work that is done: what cannot be written is dropped, since the work does not depend on it.
/// </summary>
/// <param name="inner">Where they go.</param>
internal sealed class NoticeWriter(TextWriter inner) : GuardedWriter(inner)
{
    /// <inheritdoc/>
    protected override void Failed(Exception reason)
    {
    }
}
