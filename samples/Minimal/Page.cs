namespace Llamalith.Minimal;

/// <summary>A page that asks and shows the answer as it is made.</summary>
internal static class Page
{
    public const string Html =
        """
        <!doctype html>
        <meta charset="utf-8">
        <title>Llamalith</title>
        <form><input name="text" value="Tell a story about a fox and a kite." size="60"> <button>Ask</button></form>
        <p style="white-space: pre-wrap"></p>
        <script>
          document.forms[0].onsubmit = event => {
            event.preventDefault();
            const answer = document.querySelector("p");
            answer.textContent = "";
            const source = new EventSource("/ask?text=" + encodeURIComponent(event.target.text.value));
            source.onmessage = message => answer.textContent += message.data;
            source.onerror = () => source.close();
          };
        </script>
        """;
}
