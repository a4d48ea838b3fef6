// Every leg brings its own threads; two at once would only wait for each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
