using Xunit.Sdk;
using Xunit.v3;

// Measurements wait until the process is quiet, which it never is while other tests run beside.
[assembly: Parallelization(Mode = ParallelMode.None)]
