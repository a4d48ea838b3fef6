using System;
using System.Collections.Generic;
using System.IO;
using Llamalith.Tuner;

namespace Llamalith.Tests;

public class CacheFolderTests
{
    [Fact]
    public void Find_FollowsTheEnvironment()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Paths of Unix.");
        Assert.Equal("/x/llamalith/engines", Find(("XDG_CACHE_HOME", "/x"), ("HOME", "/h")));
        Assert.Equal("/h/.cache/llamalith/engines", Find(("XDG_CACHE_HOME", "relative"), ("HOME", "/h")));
        Assert.Equal("/h/.cache/llamalith/engines", Find(("XDG_CACHE_HOME", ""), ("HOME", "/h")));
        Assert.Null(Find(("HOME", "")));
        Assert.Null(Find());
    }

    private static string? Find(params (string Name, string Value)[] variables)
    {
        Dictionary<string, string> values = [];
        foreach ((string name, string value) in variables)
            values.Add(name, value);
        return CacheFolder.Find("engines", name => values.GetValueOrDefault(name))?.Replace(Path.DirectorySeparatorChar, '/');
    }
}
