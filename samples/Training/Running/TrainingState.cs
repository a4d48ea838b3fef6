using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Llamalith.Contracts;
using Llamalith.Tools;
using Llamalith.Training;

namespace Llamalith.StoryTraining.Running;

/// <summary>
/// The state of a stage in a file: written beside the old one and renamed, with a hash over everything, so that it is there whole or not at
/// all, whenever the process is killed.
/// </summary>
internal static class TrainingState
{
    private const ulong Magic = 0x3154415453_4D4C4C;

    /// <summary>Writes a stage's state after so many steps.</summary>
    public static void Save(string path, IStage stage, int steps)
    {
        using MemoryStream content = new();
        using BinaryWriter writer = new(content);
        writer.Write(Magic);
        writer.Write(stage.Settings);
        writer.Write(steps);
        stage.Save(writer);
        writer.Flush();
        ReadOnlyMemory<byte> bytes = content.GetBuffer().AsMemory(0, (int)content.Length);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(bytes.Span);
            stream.Write(SHA256.HashData(bytes.Span));
        });
    }

    /// <summary>Reads a stage's state; returns the steps done, 0 where there is no file.</summary>
    /// <exception cref="StageException">The file is damaged, or of another run.</exception>
    public static int Load(string path, IStage stage)
    {
        AtomicFile.RemovePartial(path);
        if (!File.Exists(path))
            return 0;
        byte[] bytes = File.ReadAllBytes(path);
        int length = bytes.Length - SHA256.HashSizeInBytes;
        if (length < sizeof(ulong) || !SHA256.HashData(bytes.AsSpan(0, length)).AsSpan().SequenceEqual(bytes.AsSpan(length)))
            throw new StageException($"{path} is damaged. Without it the stage begins anew.");
        using BinaryReader reader = new(new MemoryStream(bytes, 0, length));
        if (reader.ReadUInt64() != Magic)
            throw new StageException($"{path} is no state of a stage.");
        string settings = reader.ReadString();
        if (settings != stage.Settings)
        {
            throw new StageException(
                $"{path} was written with other settings:\n  {settings}\nbut these are asked for:\n  {stage.Settings}\nAnother folder, or "
                    + "none of the old one, makes room for them.");
        }

        int steps = reader.ReadInt32();
        stage.Load(reader);
        return steps;
    }

    /// <summary>Writes an optimiser's parameters and moments.</summary>
    public static void Write(BinaryWriter writer, AdamW optimizer)
    {
        writer.Write(optimizer.Steps);
        foreach (ParameterSet set in optimizer.Parameters)
        {
            foreach (Parameter parameter in set.Items)
            {
                writer.Write(MemoryMarshal.AsBytes(set.Weights(parameter)));
                writer.Write(MemoryMarshal.AsBytes(optimizer.FirstMoment(set, parameter)));
                writer.Write(MemoryMarshal.AsBytes(optimizer.SecondMoment(set, parameter)));
            }
        }
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static void Read(BinaryReader reader, AdamW optimizer)
    {
        optimizer.Steps = reader.ReadInt32();
        foreach (ParameterSet set in optimizer.Parameters)
        {
            foreach (Parameter parameter in set.Items)
            {
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(set.Weights(parameter)));
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(optimizer.FirstMoment(set, parameter)));
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(optimizer.SecondMoment(set, parameter)));
            }
        }
    }
}
