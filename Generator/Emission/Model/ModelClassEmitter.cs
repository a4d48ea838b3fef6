using Llamalith.Generator.Emission.Text;
using Llamalith.Generator.Planning;
using Llamalith.Generator.Spec;

namespace Llamalith.Generator.Emission.Model;

/// <summary>
/// Model.g.cs: the user's class as callers meet it. Everything happens in the engine; what is here is public, but for the one field that
/// holds it. Identifiers with two underscores are the implementation's (C# specification, 6.4.3).
/// </summary>
internal static class ModelClassEmitter
{
    public static string Write(ModelPlan plan)
    {
        ModelSpec spec = plan.Spec;
        string type = ModelFile.ClassOf(spec);
        const string Contracts = ModelFile.Contracts;
        string engine = $"global::{spec.EngineNamespace}.Engine";
        return ModelFile.Write(spec, $" : {ModelFile.Contracts}.ILlamaModel<{type}>, {ModelFile.Contracts}.ISharedModel", writer =>
        {
            Constants.WritePublic(writer, spec);
            writer.Line();
            writer.Line($$"""
                private readonly {{engine}} __engine;

                [global::System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
                private {{spec.TypeName}}({{engine}} engine) => __engine = engine;

                /// <summary>What the class was compiled for.</summary>
                public static {{ModelFile.Contracts}}.ModelShape CompiledShape => {{engine}}.CompiledShape;

                /// <summary>What the class was compiled for.</summary>
                public {{ModelFile.Contracts}}.ModelShape Shape => CompiledShape;

                /// <summary>The instruction set in use.</summary>
                public string InstructionSet => {{engine}}.InstructionSet!;

                /// <summary>Number of threads that run the model.</summary>
                public int Threads => __engine.Threads;

                /// <summary>Number of tokens in the current conversation.</summary>
                public int Position => __engine.Position;

                /// <summary>The tokens of the current conversation, valid until the next call.</summary>
                public global::System.ReadOnlySpan<int> Tokens => __engine.Tokens;

                /// <summary>
                /// The conversation that Decode and Prefill continue. Setting another does not dispose the one before; one that was filled
                /// with other weights is refused.
                /// </summary>
                public KvCache Cache
                {
                    get => new(__engine.Cache);
                    set => __engine.Cache = value.Storage;
                }

                /// <summary>Opens a model file and binds its weights; the format is found out from the content.</summary>
                public static {{type}} Load(string path, {{ModelFile.Contracts}}.LoadOptions? options = null) =>
                    new({{engine}}.Own({{ModelFile.Contracts}}.Checkpoint.Open(path), options));

                /// <summary>Does the same on another thread; the options say who is told its progress, and what stops it.</summary>
                public static global::System.Threading.Tasks.Task<{{type}}> LoadAsync(
                    string path, {{ModelFile.Contracts}}.LoadOptions? options = null) =>
                    global::System.Threading.Tasks.Task.Run(() => Load(path, options), options is null ? default : options.Cancellation);

                """);
            if (spec.EmbeddedWeights is { } embedded)
            {
                string file = Code.Escaped(embedded);
                writer.Line($$"""
                    /// <summary>Binds the weights that were built into this program: they are used where they lie.</summary>
                    public static {{type}} Load({{ModelFile.Contracts}}.LoadOptions? options = null) =>
                        new({{engine}}.Own({{ModelFile.Contracts}}.Checkpoint.OpenEmbedded(typeof({{type}}).Assembly, {{file}}), options));

                    """);
            }

            writer.Line($$"""
                /// <summary>Binds the weights of an open checkpoint, which is disposed with the last model loaded from it.</summary>
                public static {{type}} Load(
                    {{ModelFile.Contracts}}.Checkpoint checkpoint, {{ModelFile.Contracts}}.LoadOptions? options = null) =>
                    new(new {{engine}}(checkpoint, options));

                /// <summary>An empty conversation, to be set as <see cref="Cache"/>.</summary>
                public KvCache CreateCache() => new(__engine.CreateCache());

                /// <summary>Forgets every token of the current conversation from <paramref name="count"/> on.</summary>
                public void Truncate(int count) => __engine.Truncate(count);

                /// <summary>
                /// Appends one token to the conversation and returns the logits [VocabSize] for the next, valid until the next call.
                /// </summary>
                public global::System.ReadOnlySpan<float> Decode(int token) => __engine.Decode(token);

                /// <summary>Appends many tokens and returns the logits [VocabSize] after the last, valid until the next call.</summary>
                public global::System.ReadOnlySpan<float> Prefill(
                    scoped global::System.ReadOnlySpan<int> tokens, global::System.Threading.CancellationToken cancellation = default) =>
                    __engine.Prefill(tokens, cancellation);

                /// <summary>Appends many tokens and shows the logits [VocabSize] after each whose logits the reader wants.</summary>
                public void Prefill(
                    scoped global::System.ReadOnlySpan<int> tokens,
                    {{ModelFile.Contracts}}.ILogitsReader reader,
                    global::System.Threading.CancellationToken cancellation = default) =>
                    __engine.Prefill(tokens, reader, cancellation);

                /// <summary>
                /// Appends some tokens, each as Decode does it to the last bit, but with the weights read once for several; shows the
                /// logits [VocabSize] after each whose logits the reader wants.
                /// </summary>
                public void DecodeRows(
                    scoped global::System.ReadOnlySpan<int> tokens,
                    {{ModelFile.Contracts}}.ILogitsReader reader,
                    global::System.Threading.CancellationToken cancellation = default) =>
                    __engine.DecodeRows(tokens, reader, cancellation);

                /// <summary>
                /// Appends one token to a conversation and returns the logits [VocabSize] for the next, valid until its next call. Safe
                /// to call from any thread: calls with other conversations wait for each other.
                /// </summary>
                public global::System.ReadOnlySpan<float> Decode(KvCache conversation, int token) =>
                    __engine.Decode(conversation.Storage, token);

                /// <summary>
                /// Appends many tokens to a conversation and returns the logits [VocabSize] after the last, valid until its next call.
                /// </summary>
                public global::System.ReadOnlySpan<float> Prefill(
                    KvCache conversation,
                    scoped global::System.ReadOnlySpan<int> tokens,
                    global::System.Threading.CancellationToken cancellation = default) =>
                    __engine.Prefill(conversation.Storage, tokens, cancellation);

                {{Contracts}}.KvStorage {{Contracts}}.ISharedModel.CreateConversation() => __engine.CreateCache();

                {{Contracts}}.KvStorage {{Contracts}}.ISharedModel.LoadConversation(global::System.IO.Stream source) =>
                    __engine.LoadCache(source);

                global::System.ReadOnlySpan<float> {{Contracts}}.ISharedModel.Decode({{Contracts}}.KvStorage conversation, int token) =>
                    __engine.Decode(conversation, token);

                global::System.ReadOnlySpan<float> {{Contracts}}.ISharedModel.Prefill(
                    {{Contracts}}.KvStorage conversation,
                    scoped global::System.ReadOnlySpan<int> tokens,
                    global::System.Threading.CancellationToken cancellation) =>
                    __engine.Prefill(conversation, tokens, cancellation);

                void {{Contracts}}.ISharedModel.DecodeRows(
                    scoped global::System.ReadOnlySpan<{{Contracts}}.KvStorage> conversations,
                    scoped global::System.ReadOnlySpan<int> tokens) =>
                    __engine.DecodeRows(conversations, tokens);

                /// <summary>
                /// Waits for the call under way, then ends the threads and frees weights, scratch and the current conversation.
                /// </summary>
                public void Dispose() => __engine.Dispose();
                """);
        });
    }
}
