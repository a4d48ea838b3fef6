using Llamalith.Cli.Models;

namespace Llamalith.Tests.Models;

public class MemoryNeedTests
{
    [Fact]
    public void Complaint_NamesBothNumbers()
    {
        MemoryNeed need = new(Weights: 40_000_000_000, CachePerToken: 1, Cache: 1);
        Assert.Null(need.Complaint(40_000_000_000));
        Assert.Equal(
            "The weights take 40.0 GB, but only 24.0 GB of memory are there: expect this to be slow, or to be ended by the system.",
            need.Complaint(24_000_000_000));
        Assert.EndsWith(
            "they are read from m.llith as they are needed, as fast as the disk is.", need.Complaint(24_000_000_000, "m.llith"));
    }
}
