using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Channels;
using System.Threading.Tasks;
using Llamalith.Chat;
using Llamalith.Checkpoints;
using Llamalith.Contracts;
using Llamalith.Extensions.AI.Answers;
using Llamalith.Extensions.AI.Requests;
using Llamalith.Generation;
using Llamalith.Tokenization;
using Microsoft.Extensions.AI;

namespace Llamalith.Extensions.AI;

/// <summary>
/// A compiled model as an <see cref="IChatClient"/>. Any number of threads may call it: answers are made one after the other, in the order
/// of the calls.
/// The beginning that a prompt has in common with the one before is not computed again. docs/CHAT.md says what is honoured and what is not.
/// </summary>
public sealed class LlamaChatClient : IChatClient
{
    private readonly TextGenerator _generator;
    private readonly ILlamaModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly ChatTemplateSet? _templates;
    private readonly LlamaChatClientOptions _options;
    private readonly PromptWriter _prompts;
    private readonly RequestReader _requests;
    private readonly ConstraintCache _constraints;
    private readonly Conversations _conversations;
    private readonly ChatClientMetadata _metadata;
    private readonly string _modelId;
    private readonly IDisposable[] _owned;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly CancellationTokenSource _disposing = new();
    private ChatTranscript? _transcript;

    /// <summary>A client over a model, which it does not dispose of. As long as it is used nothing else may use the model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="templates">Its chat templates; null where it has none, so that <see cref="LlamaChatClientOptions.ChatTemplate"/> must
    /// say one.</param>
    /// <param name="options">What it does where a request says nothing.</param>
    /// <exception cref="ModelMismatchException">The tokenizer has more tokens than the model.</exception>
    /// <exception cref="ModelFormatException">There is no chat template.</exception>
    /// <exception cref="ChatTemplateException">The chat template is no Jinja.</exception>
    public LlamaChatClient(
        ILlamaModel model, Tokenizer tokenizer, ChatTemplateSet? templates = null, LlamaChatClientOptions? options = null)
        : this(model, tokenizer, templates, options, [])
    {
    }

    private LlamaChatClient(
        ILlamaModel model, Tokenizer tokenizer, ChatTemplateSet? templates, LlamaChatClientOptions? options, IDisposable[] owned)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        _model = model;
        _tokenizer = tokenizer;
        _templates = templates;
        _options = options ?? new LlamaChatClientOptions();
        _modelId = _options.ModelId ?? model.GetType().Name;
        _metadata = new ChatClientMetadata("llamalith", null, _modelId);
        _prompts = new PromptWriter(templates, tokenizer, _options);
        _requests = new RequestReader(this, _modelId, _options, tokenizer.VocabSize);
        _constraints = new ConstraintCache(_options.PlainJson);
        _conversations = new Conversations(_options.MaxConversations);
        _generator = new TextGenerator(model, tokenizer, _options.Sampling);
        _owned = owned;
    }

    /// <summary>Loads a model with its tokenizer and chat templates. The client disposes of them.</summary>
    /// <typeparam name="TModel">The compiled class.</typeparam>
    /// <param name="path">The model's file or folder.</param>
    /// <param name="options">What the client does where a request says nothing.</param>
    /// <param name="load">How the model is loaded.</param>
    /// <exception cref="FileNotFoundException">There is no such file, or no tokenizer.</exception>
    /// <exception cref="ModelFormatException">A file is damaged, or there is no chat template.</exception>
    /// <exception cref="ModelMismatchException">The file holds another model than the class was compiled for.</exception>
    public static LlamaChatClient Open<TModel>(string path, LlamaChatClientOptions? options = null, LoadOptions? load = null)
        where TModel : ILlamaModel<TModel> => Open<TModel>(Checkpoint.Open(path), options, load);

    /// <summary>Loads a model with its tokenizer and chat templates from an open checkpoint, which the client disposes of.</summary>
    /// <param name="checkpoint">The checkpoint, such as <see cref="Checkpoint.OpenEmbedded"/> opens.</param>
    /// <param name="options">What the client does where a request says nothing.</param>
    /// <param name="load">How the model is loaded.</param>
    /// <inheritdoc cref="Open{TModel}(string, LlamaChatClientOptions?, LoadOptions?)"/>
    public static LlamaChatClient Open<TModel>(Checkpoint checkpoint, LlamaChatClientOptions? options = null, LoadOptions? load = null)
        where TModel : ILlamaModel<TModel>
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ILlamaModel? model = null;
        try
        {
            model = TModel.Load(checkpoint, load);
            options ??= new LlamaChatClientOptions();
            options = options with { ModelId = options.ModelId ?? typeof(TModel).Name };
            return new LlamaChatClient(model, checkpoint.OpenTokenizer(), TemplatesOf(checkpoint), options, [model, checkpoint]);
        }
        catch
        {
            model?.Dispose();
            checkpoint.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
        GetStreamingResponseAsync(messages, options, cancellationToken).ToChatResponseAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Stream(messages, options, cancellationToken);
    }

    /// <summary>
    /// Answers <see cref="ChatClientMetadata"/>, the client itself, the <see cref="ILlamaModel"/>, its <see cref="Tokenizer"/> and its <see
    /// cref="ChatTemplateSet"/>; null for anything else, and for any key.
    /// </summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        object?[] services = [_metadata, this, _model, _tokenizer, _templates];
        return Array.Find(services, serviceType.IsInstanceOfType);
    }

    /// <summary>Forgets the conversation that was kept under an id.</summary>
    /// <returns>Whether there was one.</returns>
    public bool EndConversation(string conversationId)
    {
        ArgumentNullException.ThrowIfNull(conversationId);
        return _conversations.Remove(conversationId);
    }

    /// <summary>Ends the answer that is being made, and disposes of a model that the client loaded itself.</summary>
    public void Dispose()
    {
        if (_disposing.IsCancellationRequested)
            return;
        _disposing.Cancel();
        // Calls that wait are told at once; the model is in use until the one under way has seen it.
        _turn.Wait();
        foreach (IDisposable owned in _owned)
            owned.Dispose();
        _turn.Release();
    }

    private async IAsyncEnumerable<ChatResponseUpdate> Stream(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_disposing.IsCancellationRequested, this);
        cancellation.ThrowIfCancellationRequested();
        ChatRequest request = _requests.Read(messages, options);
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _disposing.Token);

        // Whoever reads slowly, or asks something else before going on, keeps nobody waiting.
        Channel<ChatResponseUpdate> updates = Channel.CreateUnbounded<ChatResponseUpdate>(
            new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        Task answering = Task.Run(() => AnswerAsync(request, updates.Writer, cancellation, stop.Token), CancellationToken.None);
        try
        {
            await foreach (ChatResponseUpdate update in updates.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                cancellation.ThrowIfCancellationRequested();
                yield return update;
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await answering.ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(
        ChatRequest request, ChannelWriter<ChatResponseUpdate> updates, CancellationToken caller, CancellationToken cancellation)
    {
        try
        {
            await _turn.WaitAsync(cancellation).ConfigureAwait(false);
            try
            {
                cancellation.ThrowIfCancellationRequested();
                Answer(request, updates, cancellation);
            }
            finally
            {
                _turn.Release();
            }
            updates.Complete();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            updates.Complete(caller.IsCancellationRequested || !_disposing.IsCancellationRequested
                ? new OperationCanceledException(caller)
                : new ObjectDisposedException(nameof(LlamaChatClient)));
        }
        catch (Exception error)
        {
            // It is the reader's.
            updates.Complete(error);
        }
    }

    private void Answer(ChatRequest request, ChannelWriter<ChatResponseUpdate> updates, CancellationToken cancellation)
    {
        IReadOnlyList<ChatMessage> messages = request.Messages;
        if (request.ConversationId is { } id)
            messages = [.. _conversations.Get(id), .. messages];
        if (messages.Count == 0)
            throw new ArgumentException("There is no message to answer.", nameof(request));
        ChatPrompt prompt = _prompts.Write(request, messages, out ToolForm form, out bool mayThink);
        int[] tokens = prompt.Encode(_tokenizer, _transcript);
        if (tokens.Length > _model.Shape.Context)
        {
            throw new ContextFullException(
                $"The prompt has {tokens.Length} tokens, but the model's context has room for {_model.Shape.Context}.");
        }
        request = Compile(request, form);

        string responseId = $"resp_{Guid.NewGuid():N}", messageId = $"msg_{Guid.NewGuid():N}";
        DateTimeOffset created = DateTimeOffset.UtcNow;
        AnswerRun run = new(_generator, request, form, prompt, tokens, mayThink, cancellation);
        List<ChatResponseUpdate> said = [];
        foreach (AIContent content in run.Contents())
            Show(Update(content));
        ChatResponseUpdate last = Update(new UsageContent(run.Usage));
        last.FinishReason = run.FinishReason;
        last.RawRepresentation = run.Timings;
        if (request.Generation.TopLogProbs is not null)
            last.AdditionalProperties = new() { ["logprobs"] = run.LogProbs };
        _transcript = run.Transcript;
        if (request.ConversationId is { } conversation)
            _conversations.Add(conversation, request.Messages, Said());
        Show(last);

        ChatMessage Said() => said.ToChatResponse().Messages.FirstOrDefault() ?? new ChatMessage(ChatRole.Assistant, "");

        void Show(ChatResponseUpdate update)
        {
            if (request.ConversationId is not null)
                said.Add(update.Clone());
            updates.TryWrite(update);
        }

        ChatResponseUpdate Update(AIContent content) => new(ChatRole.Assistant, [content])
        {
            ResponseId = responseId,
            MessageId = messageId,
            ModelId = _modelId,
            CreatedAt = created,
            ConversationId = request.ConversationId,
        };
    }

    /// <summary>Compiles what the answer is held to: what cannot be honoured is refused before the first token.</summary>
    private ChatRequest Compile(ChatRequest request, ToolForm form)
    {
        foreach (Tool tool in request.Tools)
            tool.Arguments = _constraints.Arguments(tool.Schema);
        return request with
        {
            Answer = request.Schema is { } schema ? _constraints.Schema(schema) : request.Answer,
            Names = request.Tools.Count > 1 ? form.NamesOf(request.Tools.Select(static tool => tool.Name)) : null,
        };
    }

    private static ChatTemplateSet? TemplatesOf(Checkpoint checkpoint)
    {
        try
        {
            if (checkpoint is IGgufContainer container)
                return ChatTemplateSet.Of(container.File);
            bool isFolder = Directory.Exists(checkpoint.Path);
            return ChatTemplateSet.Open(isFolder ? checkpoint.Path : Path.GetDirectoryName(Path.GetFullPath(checkpoint.Path))!);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
