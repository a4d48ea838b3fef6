using System;
using Llamalith.Cli.Benchmarking;

namespace Llamalith.Tests.Benchmarking;

public class LlamalithEngineTests
{
    [Fact]
    public void Engine_PassesEverythingToItsModel()
    {
        ArithmeticModel model = new(vocabSize: 50, context: 16, threads: 3);
        using (LlamalithEngine engine = LlamalithEngine.Load(() => model))
        {
            Assert.Equal(("llamalith", "scalar", 3, 50), (engine.Name, engine.Detail, engine.Threads, engine.VocabSize));
            float[] prefilled = engine.Prefill([4, 5, 6]).ToArray();
            Assert.Equal(3, engine.Position);
            engine.Truncate(2);
            Assert.Equal(prefilled, engine.Decode(6).ToArray());
            Assert.Equal([4, 5, 6], model.Cache);
            Assert.False(model.IsDisposed);
        }

        Assert.True(model.IsDisposed);
    }

    [Fact]
    public void Load_TakesTheTimeOfLoading()
    {
        using LlamalithEngine engine = LlamalithEngine.Load(() =>
        {
            System.Threading.Thread.Sleep(30);
            return new ArithmeticModel(10, 10);
        });
        Assert.InRange(engine.LoadMilliseconds, 29, 10_000);
    }

    [Fact]
    public void Load_LetsErrorsThrough() =>
        Assert.Throws<NotSupportedException>(() => LlamalithEngine.Load(() => throw new NotSupportedException()));
}
