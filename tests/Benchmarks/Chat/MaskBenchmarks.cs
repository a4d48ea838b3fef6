using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using BenchmarkDotNet.Attributes;
using Llamalith.Constraints;
using Llamalith.Tokenization;

namespace Llamalith.Benchmarks.Chat;

/// <summary>
/// Masks over a whole vocabulary: that of the tokenizer which LLAMALITH_TOKENIZER names, as Llama 3.1's tokenizer.json of 128,256 tokens;
/// without one, a vocabulary as large of made-up words.
/// </summary>
[MemoryDiagnoser]
public class MaskBenchmarks
{
    private readonly string _schema =
        """
        {
            "type": "object",
            "properties": {
                "name": {"type": "string", "maxLength": 40},
                "code": {"type": "string", "pattern": "^[A-Z]{2}-\\d{4}$"},
                "count": {"type": "integer", "minimum": 1, "maximum": 999},
                "tags": {"type": "array", "items": {"enum": ["new", "old", "sold"]}}
            },
            "required": ["name", "count"]
        }
        """;

    private const string Json =
        """{"name": "A thing of beauty", "code": "AB-1234", "count": 12, "tags": ["new", "sold"], "else": {"x": [1.5, true]}}""";

    private readonly List<ConstraintState> _states = [];
    private TokenTrie _trie = null!;
    private ulong[] _mask = null!;

    /// <summary>Stands at every byte of a text.</summary>
    [GlobalSetup]
    public void Prepare()
    {
        string? path = Environment.GetEnvironmentVariable("LLAMALITH_TOKENIZER");
        _trie = new TokenTrie(path is null ? MadeUp() : TokenizerLoader.Open(path));
        _mask = new ulong[_trie.MaskLength];
        ConstraintState state = Constraint.FromJsonSchema(_schema).Start();
        foreach (byte b in System.Text.Encoding.UTF8.GetBytes(Json))
        {
            _states.Add(state.Clone());
            state.Advance([b]);
        }
    }

    /// <summary>Compiles a schema.</summary>
    [Benchmark]
    public Constraint Compile() => Constraint.FromJsonSchema(_schema);

    /// <summary>The masks before all bytes of a text, with what is kept from the rounds before.</summary>
    [Benchmark]
    public void Masks()
    {
        foreach (ConstraintState state in _states)
            state.FillMask(_trie, _mask);
    }

    /// <summary>The mask within a pattern's string, of a constraint that is new.</summary>
    [Benchmark]
    public void FirstMaskOfAPattern()
    {
        ConstraintState state = Constraint.FromJsonSchema("""{"type": "string", "pattern": "^[a-z ]+$"}""").Start();
        state.Advance("\"a"u8);
        state.FillMask(_trie, _mask);
    }

    private static Tokenizer MadeUp()
    {
        const int Words = 128_000;
        string folder = Directory.CreateTempSubdirectory("llamalith").FullName;
        try
        {
            // llama2.c's form: the longest length, then score, length and bytes of each.
            string path = Path.Combine(folder, "tokenizer.bin");
            using (BinaryWriter writer = new(File.Create(path)))
            {
                Random random = new(1);
                const string Letters = "etaoinshrdlu ,.\"{}:[]0123456789éЖ日";
                IEnumerable<string> bytes = Enumerable.Range(0, 256).Select(static b => $"<0x{b:X2}>");
                HashSet<string> words = [];
                while (words.Count < Words - 259)
                    words.Add(string.Concat(Enumerable.Range(0, random.Next(1, 9)).Select(_ => Letters[random.Next(Letters.Length)])));
                writer.Write(40);
                foreach (string name in (IEnumerable<string>)["<unk>", "\n<s>\n", "\n</s>\n", .. bytes, .. words])
                {
                    byte[] piece = System.Text.Encoding.UTF8.GetBytes(name);
                    writer.Write(0f);
                    writer.Write(piece.Length);
                    writer.Write(piece);
                }
            }
            return TokenizerLoader.Open(path, Words);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
