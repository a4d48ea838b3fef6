using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Llamalith.Tests.Harness;

/// <summary>The size of a compiled method in the units that RyuJIT's limits count.</summary>
internal sealed record MethodSize(string Name, int Bytes, int Instructions, int Locals, int BasicBlocks)
{
    private static readonly Dictionary<int, OpCode> s_opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToDictionary(static code => code.Value & 0xFFFF);

    /// <summary>Every method of an assembly that has a body.</summary>
    public static IReadOnlyList<MethodSize> ReadAll(byte[] assembly)
    {
        using PEReader image = new(ImmutableArray.Create(assembly));
        MetadataReader metadata = image.GetMetadataReader();
        List<MethodSize> sizes = [];
        foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
        {
            MethodDefinition method = metadata.GetMethodDefinition(handle);
            if (method.RelativeVirtualAddress == 0)
                continue;
            MethodBodyBlock body = image.GetMethodBody(method.RelativeVirtualAddress);
            TypeDefinition type = metadata.GetTypeDefinition(method.GetDeclaringType());
            string name = metadata.GetString(type.Name) + "." + metadata.GetString(method.Name);
            sizes.Add(Measure(name, body, metadata));
        }

        return sizes;
    }

    private static MethodSize Measure(string name, MethodBodyBlock body, MetadataReader metadata)
    {
        BlobReader code = body.GetILReader();
        HashSet<int> leaders = [0, .. body.ExceptionRegions.SelectMany(static region => new[] { region.TryOffset, region.HandlerOffset })];
        int instructions = 0;
        while (code.RemainingBytes > 0)
        {
            instructions++;
            int first = code.ReadByte();
            OpCode opCode = s_opCodes[first == 0xFE ? 0xFE00 | code.ReadByte() : first];
            switch (opCode.OperandType)
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget:
                    int near = code.ReadSByte();
                    leaders.Add(code.Offset + near);
                    break;
                case OperandType.InlineBrTarget:
                    int far = code.ReadInt32();
                    leaders.Add(code.Offset + far);
                    break;
                case OperandType.InlineSwitch:
                    int[] targets = new int[code.ReadInt32()];
                    for (int i = 0; i < targets.Length; i++)
                        targets[i] = code.ReadInt32();
                    foreach (int target in targets)
                        leaders.Add(code.Offset + target);
                    break;
                default:
                    code.Offset += OperandBytes(opCode.OperandType);
                    break;
            }

            // What follows a branch, a return or a throw begins a block of its own.
            if (opCode.FlowControl is FlowControl.Cond_Branch or FlowControl.Branch or FlowControl.Return or FlowControl.Throw
                && code.RemainingBytes > 0)
            {
                leaders.Add(code.Offset);
            }
        }

        return new MethodSize(name, body.GetILBytes()!.Length, instructions, LocalsOf(body, metadata), leaders.Count);
    }

    private static int LocalsOf(MethodBodyBlock body, MetadataReader metadata)
    {
        if (body.LocalSignature.IsNil)
            return 0;
        BlobReader signature = metadata.GetBlobReader(metadata.GetStandaloneSignature(body.LocalSignature).Signature);
        signature.ReadSignatureHeader();
        return signature.ReadCompressedInteger();
    }

    private static int OperandBytes(OperandType type) => type switch
    {
        OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineI or OperandType.ShortInlineR or OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineSig
            or OperandType.InlineString or OperandType.InlineTok or OperandType.InlineType => 4,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "An operand of unknown size."),
    };
}
