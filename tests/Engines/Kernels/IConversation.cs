using Llamalith.Contracts;

namespace Llamalith.Engines.Kernels;

/// <summary>What generic checks need of an engine besides its contract: the members that name its own cache type.</summary>
internal interface IConversation<TCache>
    where TCache : struct, IKvCache<TCache>
{
    TCache Cache { get; set; }

    TCache CreateCache();
}
