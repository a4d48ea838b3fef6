using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Limits;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Llamalith.AspNetCore;

/// <summary>What all requests of a server share.</summary>
internal sealed class LlamaServer : IDisposable
{
    private readonly Lazy<Task<ServedModel[]>> _models;
    private readonly CancellationTokenSource _cutting = new();

    public LlamaServer(IServiceProvider services, LlamaServerOptions options, IReadOnlyList<ServedModel>? models)
    {
        Options = options;
        Keys = new ApiKeys(options);
        Gate = new RequestGate(options.MaxRunning, options.MaxWaiting);
        Logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Llamalith.AspNetCore");
        // Models are loaded where they are first asked for, which takes its time.
        _models = new Lazy<Task<ServedModel[]>>(() => Task.Run(() => models is null ? Registered(services) : [.. models]));
        if (services.GetService<IHostApplicationLifetime>() is { } lifetime)
        {
            lifetime.ApplicationStarted.Register(() => _ = _models.Value);
            lifetime.ApplicationStopping.Register(() => _cutting.CancelAfter(options.ShutdownGrace));
            lifetime.ApplicationStopped.Register(Dispose);
        }
    }

    public LlamaServerOptions Options { get; }

    public ApiKeys Keys { get; }

    public RequestGate Gate { get; }

    public ServerMetrics Metrics { get; } = new();

    public ILogger Logger { get; }

    /// <summary>Cancelled where answers are cut so that the server can end.</summary>
    public CancellationToken Cutting => _cutting.Token;

    public bool IsReady => _models.Value.IsCompletedSuccessfully;

    /// <summary>All models.</summary>
    public Task<ServedModel[]> ModelsAsync(CancellationToken cancellation) => _models.Value.WaitAsync(cancellation);

    /// <summary>The model that a request asks for; the first one where it says nothing.</summary>
    /// <exception cref="ApiException">There is no such model.</exception>
    public async Task<ServedModel> ModelAsync(string? id, CancellationToken cancellation)
    {
        ServedModel[] models = await ModelsAsync(cancellation).ConfigureAwait(false);
        ServedModel? found = id is null ? models.FirstOrDefault()
            : Array.Find(models, model => model.Id == id) ?? Array.Find(models, model => model.Aliases.Contains(id));
        return found ?? throw new ApiException(
            404,
            $"There is no model {(id is null ? "here" : $"'{(id.Length > 100 ? id[..99] : id)}'; there are: "
                + string.Join(", ", models.Select(static model => model.Id)))}.",
            "model", "model_not_found");
    }

    public void Dispose()
    {
        _cutting.Dispose();
        Gate.Dispose();
        Metrics.Dispose();
    }

    private static ServedModel[] Registered(IServiceProvider services)
    {
        IEmbeddingGenerator<string, Embedding<float>>? embeddings = services.GetService<IEmbeddingGenerator<string, Embedding<float>>>();
        IEnumerable<IChatClient> clients = services.GetServices<IChatClient>();
        if (services is IKeyedServiceProvider)
            clients = clients.Concat(services.GetKeyedServices<IChatClient>(KeyedService.AnyKey));
        ServedModel[] models = [.. clients.Distinct().Select(client => new ServedModel(
            client.GetService<ChatClientMetadata>()?.DefaultModelId ?? "model", client) { Embeddings = embeddings })];
        return models.Length > 0
            ? models
            : throw new InvalidOperationException(
                $"There is no {nameof(IChatClient)} to serve: services.AddLlamaModel<TModel>(path) registers a compiled model.");
    }
}
