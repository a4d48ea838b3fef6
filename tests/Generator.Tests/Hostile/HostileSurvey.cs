using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using CsCheck;

namespace Llamalith.Tests.Hostile;

/// <summary>What became of many projects.</summary>
internal sealed class HostileSurvey
{
    private readonly ConcurrentDictionary<Outcome, int> _outcomes = new();
    private readonly ConcurrentDictionary<string, string> _faults = new(StringComparer.Ordinal);
    private int _projects;

    /// <summary>How many projects came to which end.</summary>
    public IReadOnlyDictionary<Outcome, int> Outcomes => _outcomes;

    /// <summary>Each way in which the promise was broken, with the shortest project that shows it.</summary>
    public IReadOnlyCollection<string> Faults => [.. _faults.Values.OrderBy(static fault => fault.Length)];

    /// <summary>How many projects were tried.</summary>
    public int Projects => _projects;

    /// <summary>Tries that many projects, as many at once as there are processors.</summary>
    /// <param name="projects">How many; -1 for as many as properties are tried by default, a hundred where CsCheck_Iter says no other
    /// number.</param>
    /// <param name="tried">Is shown the survey after each.</param>
    public static HostileSurvey Of(long projects, Action<HostileSurvey>? tried = null)
    {
        HostileSurvey survey = new();
        HostileProjects.From(Workbench.NamesOfEngines()).Sample(
            project =>
            {
                survey.Add(project);
                tried?.Invoke(survey);
            },
            iter: projects);
        return survey;
    }

    /// <summary>How many came to which end, in words.</summary>
    public override string ToString()
    {
        IEnumerable<string> ends =
            Outcomes.OrderBy(static outcome => outcome.Key).Select(static outcome => $"{outcome.Value} {outcome.Key}");
        return $"{Projects} projects: {string.Join(", ", ends)}, {_faults.Count} faults";
    }

    private void Add(HostileProject project)
    {
        Interlocked.Increment(ref _projects);
        try
        {
            _outcomes.AddOrUpdate(Hostility.Try(project), 1, static (_, before) => before + 1);
        }
        catch (BrokenPromiseException broken)
        {
            // Where in a generated file, and what the compiler says of it; the names in it differ.
            string first = broken.Message.Split('\n')[0];
            int id = Math.Max(0, first.IndexOf("): ", StringComparison.Ordinal));
            string key =
                $"{first.AsSpan(id, Math.Min(18, first.Length - id))}{first.AsSpan(first.LastIndexOf(": ", StringComparison.Ordinal) + 1)}";
            _faults.AddOrUpdate(key, broken.Message, (_, before) => broken.Message.Length < before.Length ? broken.Message : before);
        }
    }
}
