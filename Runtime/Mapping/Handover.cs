using System;

namespace Llamalith.Mapping;

/// <summary>Passing a resource on to the object that will own it.</summary>
internal static class Handover
{
    /// <summary>Makes the owner; where that fails, nobody would dispose of the resource, so it is done here.</summary>
    public static TOwner Make<TResource, TOwner>(TResource resource, Func<TResource, TOwner> make)
        where TResource : IDisposable
    {
        try
        {
            return make(resource);
        }
        catch
        {
            resource.Dispose();
            throw;
        }
    }
}
