using System;
using Llamalith.Contracts;
using Llamalith.Extensions.AI;
using Microsoft.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers compiled models as chat clients.</summary>
public static class LlamaServiceCollectionExtensions
{
    /// <summary>Registers a model as the <see cref="IChatClient"/>, a singleton that is loaded when it is first asked for.</summary>
    /// <typeparam name="TModel">The compiled class.</typeparam>
    /// <param name="services">Where it is registered.</param>
    /// <param name="path">The model's file or folder.</param>
    /// <param name="options">What the client does where a request says nothing.</param>
    /// <param name="load">How the model is loaded.</param>
    /// <param name="serviceKey">The key under which it is registered; null for none.</param>
    /// <returns>A builder, for what is to stand before the model: <c>UseFunctionInvocation</c>, <c>UseOpenTelemetry</c>,
    /// <c>UseLogging</c>.</returns>
    public static ChatClientBuilder AddLlamaModel<TModel>(
        this IServiceCollection services, string path, LlamaChatClientOptions? options = null, LoadOptions? load = null,
        object? serviceKey = null)
        where TModel : ILlamaModel<TModel>
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return services.AddLlamaModel<TModel>(_ => Checkpoint.Open(path), options, load, serviceKey);
    }

    /// <summary>Registers a model from any checkpoint, such as weights within the program.</summary>
    /// <param name="services">Where it is registered.</param>
    /// <param name="open">Opens the checkpoint, which the client disposes of.</param>
    /// <param name="options">What the client does where a request says nothing.</param>
    /// <param name="load">How the model is loaded.</param>
    /// <param name="serviceKey">The key under which it is registered; null for none.</param>
    /// <inheritdoc cref="AddLlamaModel{TModel}(IServiceCollection, string, LlamaChatClientOptions?, LoadOptions?, object?)"/>
    public static ChatClientBuilder AddLlamaModel<TModel>(
        this IServiceCollection services, Func<IServiceProvider, Checkpoint> open, LlamaChatClientOptions? options = null,
        LoadOptions? load = null, object? serviceKey = null)
        where TModel : ILlamaModel<TModel>
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(open);
        return serviceKey is null ? services.AddChatClient(Make) : services.AddKeyedChatClient(serviceKey, Make);

        LlamaChatClient Make(IServiceProvider provider) => LlamaChatClient.Open<TModel>(open(provider), options, load);
    }
}
