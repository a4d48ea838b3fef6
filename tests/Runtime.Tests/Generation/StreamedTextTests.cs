using System.IO;
using System.Text;
using Llamalith.Generation;

namespace Llamalith.Tests.Generation;

public class StreamedTextTests
{
    [Fact]
    public void Text_ComesThroughWhole()
    {
        StringWriter output = new();
        StreamedText text = new(output, dropControls: false);
        foreach (string piece in (string[])["ä", "", "b\e[2J", "c\n"])
            text.Write(Encoding.UTF8.GetBytes(piece));
        text.Flush();
        Assert.Equal("äb\e[2Jc\n", output.ToString());
    }

    [Fact]
    public void Text_CommandsNoTerminal()
    {
        StringWriter output = new();
        StreamedText text = new(output, dropControls: true);
        text.Write("a\e[2J\ab\tc\u0085d\u009be\n"u8);
        text.Flush();
        Assert.Equal("a[2Jb\tc\u0085de\n", output.ToString());
    }
}
