using System;
using System.Collections.Generic;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Threading;
using Microsoft.Extensions.AI;

namespace Llamalith.AspNetCore;

/// <summary>What a server counts: for OpenTelemetry by its names, and as Prometheus' text by those of llama.cpp's server.</summary>
internal sealed class ServerMetrics : IDisposable
{
    private readonly Meter _meter = new("Llamalith.AspNetCore");
    private readonly Histogram<double> _duration, _first, _next;
    private readonly Histogram<long> _tokens;
    private long _requests, _failed, _input, _cached, _output;
    private double _seconds;

    public ServerMetrics()
    {
        _duration = _meter.CreateHistogram<double>("gen_ai.server.request.duration", "s");
        _first = _meter.CreateHistogram<double>("gen_ai.server.time_to_first_token", "s");
        _next = _meter.CreateHistogram<double>("gen_ai.server.time_per_output_token", "s");
        _tokens = _meter.CreateHistogram<long>("gen_ai.client.token.usage", "{token}");
    }

    /// <summary>An answer has ended.</summary>
    public void Answered(UsageDetails? usage, TimeSpan first, TimeSpan all)
    {
        long output = usage?.OutputTokenCount ?? 0;
        Interlocked.Add(ref _input, usage?.InputTokenCount ?? 0);
        Interlocked.Add(ref _cached, usage?.CachedInputTokenCount ?? 0);
        Interlocked.Add(ref _output, output);
        _first.Record(first.TotalSeconds);
        if (output > 1)
            _next.Record((all - first).TotalSeconds / (output - 1));
        _tokens.Record(usage?.InputTokenCount ?? 0, new KeyValuePair<string, object?>("gen_ai.token.type", "input"));
        _tokens.Record(output, new KeyValuePair<string, object?>("gen_ai.token.type", "output"));
        double seconds, with;
        do
        {
            seconds = Volatile.Read(ref _seconds);
            with = seconds + (all - first).TotalSeconds;
        }
        while (Interlocked.CompareExchange(ref _seconds, with, seconds) != seconds);
    }

    /// <summary>A request has ended.</summary>
    public void Ended(TimeSpan duration, bool failed)
    {
        Interlocked.Increment(ref _requests);
        if (failed)
            Interlocked.Increment(ref _failed);
        _duration.Record(duration.TotalSeconds);
    }

    /// <summary>All of it in Prometheus' text format.</summary>
    public string Write(int running, int waiting)
    {
        StringBuilder text = new();
        Add("prompt_tokens_total", "counter", "Tokens of prompts.", Interlocked.Read(ref _input));
        Add("prompt_tokens_cached_total", "counter", "Tokens of prompts that were in the cache.", Interlocked.Read(ref _cached));
        Add("tokens_predicted_total", "counter", "Tokens of answers.", Interlocked.Read(ref _output));
        Add("tokens_predicted_seconds_total", "counter", "Seconds for tokens of answers behind the first.", Volatile.Read(ref _seconds));
        Add("requests_total", "counter", "Requests that have ended.", Interlocked.Read(ref _requests));
        Add("requests_failed_total", "counter", "Requests that have ended in an error.", Interlocked.Read(ref _failed));
        Add("requests_processing", "gauge", "Requests that are being answered.", running);
        Add("requests_deferred", "gauge", "Requests that wait.", waiting);
        return text.ToString();

        void Add(string name, string type, string help, double value) => text.Append(
            CultureInfo.InvariantCulture, $"# HELP llamalith:{name} {help}\n# TYPE llamalith:{name} {type}\nllamalith:{name} {value}\n");
    }

    public void Dispose() => _meter.Dispose();
}
