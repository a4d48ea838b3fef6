namespace Llamalith.Constraints.Schemas;

/// <summary>Stands for a name of which it is not known which one it is, and remembers whether that mattered.</summary>
internal sealed class NameDoubt
{
    public bool IsRaised { get; set; }
}
