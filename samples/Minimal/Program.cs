using System.IO;
using System.Linq;
using System.Threading;
using Llamalith.Minimal;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddLlamaModel<Tale>(Path.Combine(System.AppContext.BaseDirectory, "fable.gguf"));
WebApplication app = builder.Build();
app.MapGet("/", static () => TypedResults.Content(Page.Html, "text/html"));
app.MapGet("/ask", static (string text, IChatClient model, CancellationToken gone) => TypedResults.ServerSentEvents(
    model.GetStreamingResponseAsync(text, cancellationToken: gone).Select(static update => update.Text)));
app.Run();
