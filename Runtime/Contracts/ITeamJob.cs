namespace Llamalith.Contracts;

/// <summary>Work that every thread of a <see cref="WorkerTeam"/> runs its own share of.</summary>
public interface ITeamJob
{
    /// <summary>Runs one thread's share.</summary>
    /// <param name="rank">0 (the caller of <see cref="WorkerTeam.Run"/>) to Size - 1.</param>
    void Execute(int rank);
}
