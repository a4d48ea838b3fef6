using System;
using System.Diagnostics;
using System.IO;
using System.Threading.Tasks;
using Llamalith.AspNetCore.Limits;
using Llamalith.Chat;
using Llamalith.Constraints;
using Llamalith.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Llamalith.AspNetCore;

/// <summary>A route: what every request meets, whatever it asks for.</summary>
internal sealed partial class ApiEndpoint(LlamaServer server, IApiForm form, Func<ApiCall, Task> handle, bool isOpen = false)
{
    public async Task InvokeAsync(HttpContext context)
    {
        long start = Stopwatch.GetTimestamp();
        using RequestClock clock = new(server.Options, context.RequestAborted, server.Cutting);
        ApiCall call = new(server, context, form, clock);
        ApiException? error = null;
        try
        {
            if (!isOpen)
                server.Keys.Check(context.Request);
            await handle(call).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            error = ErrorOf(e, context, clock);
        }
        if (error is not null && !context.RequestAborted.IsCancellationRequested)
        {
            try
            {
                await call.FailAsync(error).ConfigureAwait(false);
            }
            catch (Exception e) when (e is OperationCanceledException or IOException)
            {
                // Nobody reads any more.
            }
        }
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        server.Metrics.Ended(took, error is not null);
        LogEnded(
            server.Logger, context.Request.Method, context.GetEndpoint()?.DisplayName ?? "", context.Response.StatusCode,
            (long)took.TotalMilliseconds, context.RequestAborted.IsCancellationRequested);
    }

    private ApiException? ErrorOf(Exception e, HttpContext context, RequestClock clock)
    {
        switch (e)
        {
            case ApiException error:
                return error;
            case BadHttpRequestException bad:
                return new ApiException(bad.StatusCode, bad.Message);
            case OperationCanceledException when clock.Token.IsCancellationRequested:
                return clock.Reason;
            case IOException when context.RequestAborted.IsCancellationRequested:
                return null;
            case ContextFullException:
                return new ApiException(400, e.Message, "messages", "context_length_exceeded");
            case ChatTemplateException:
                return new ApiException(400, $"The chat template refuses the conversation: {e.Message}", "messages");
            case ConstraintException:
                return new ApiException(400, $"The schema cannot be honoured: {e.Message}");
            case ArgumentException or NotSupportedException:
                int end = e.Message.IndexOf(" (Parameter '", StringComparison.Ordinal);
                return new ApiException(400, end < 0 ? e.Message : e.Message[..end]);
            case ObjectDisposedException:
                return new ApiException(503, "The server is shutting down.", code: "shutting_down");
            default:
                LogFailed(server.Logger, e, context.GetEndpoint()?.DisplayName ?? "");
                return new ApiException(500, "The server has failed; its log says how.", code: "internal_error");
        }
    }

    [LoggerMessage(1, LogLevel.Information, "{Method} {Route} {Status} in {Milliseconds} ms, client gone: {Gone}")]
    private static partial void LogEnded(ILogger logger, string method, string route, int status, long milliseconds, bool gone);

    [LoggerMessage(2, LogLevel.Error, "{Route} has failed")]
    private static partial void LogFailed(ILogger logger, Exception error, string route);
}
