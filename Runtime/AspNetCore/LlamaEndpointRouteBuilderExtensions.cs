using System;
using System.Collections.Generic;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Anthropic;
using Llamalith.AspNetCore.Ollama;
using Llamalith.AspNetCore.OpenAI;
using Llamalith.AspNetCore.Status;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace Llamalith.AspNetCore;

/// <summary>Maps the routes of a model server.</summary>
public static class LlamaEndpointRouteBuilderExtensions
{
    /// <summary>
    /// Maps the HTTP APIs that chat clients know, answered by the models that the program has. docs/SERVER.md lists the routes and what
    /// they honour.
    /// </summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="options">What the server allows.</param>
    /// <param name="models">The models; null for every <c>IChatClient</c> that is registered, keyed ones too.</param>
    /// <returns>All routes, for what holds for each of them.</returns>
    /// <exception cref="ArgumentException">An option makes no sense.</exception>
    public static IEndpointConventionBuilder MapLlama(
        this IEndpointRouteBuilder endpoints, LlamaServerOptions? options = null, IReadOnlyList<ServedModel>? models = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        LlamaServer server = new(endpoints.ServiceProvider, options ?? new LlamaServerOptions(), models);
        RouteGroupBuilder group = endpoints.MapGroup("");
        Get("/health", StatusRoutes.HealthAsync, isOpen: true);
        Get("/metrics", StatusRoutes.MetricsAsync);
        Get("/props", StatusRoutes.PropsAsync);
        Get("/slots", StatusRoutes.SlotsAsync);
        Post("/tokenize", StatusRoutes.TokenizeAsync);
        Post("/detokenize", StatusRoutes.DetokenizeAsync);
        Get("/v1/models", Models.ListAsync);
        Get("/v1/models/{**id}", Models.GetAsync);
        Post("/v1/chat/completions", ChatCompletions.HandleAsync);
        Post("/v1/embeddings", Embeddings.HandleAsync);
        Post("/v1/messages", Messages.HandleAsync, AnthropicForm.Instance);
        Post("/api/chat", OllamaRoutes.ChatAsync, OllamaForm.Instance);
        Post("/api/generate", OllamaRoutes.GenerateAsync, OllamaForm.Instance);
        Get("/api/tags", OllamaRoutes.TagsAsync, form: OllamaForm.Instance);
        Post("/api/show", OllamaRoutes.ShowAsync, OllamaForm.Instance);
        return group;

        void Get(string route, Func<ApiCall, Task> handle, bool isOpen = false, IApiForm? form = null) =>
            group.MapGet(route, new ApiEndpoint(server, form ?? OpenAIForm.Instance, handle, isOpen).InvokeAsync);

        void Post(string route, Func<ApiCall, Task> handle, IApiForm? form = null) =>
            group.MapPost(route, new ApiEndpoint(server, form ?? OpenAIForm.Instance, handle).InvokeAsync);
    }
}
