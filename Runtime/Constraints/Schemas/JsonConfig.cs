using System;
using System.Collections.Generic;
using System.Text;

namespace Llamalith.Constraints.Schemas;

/// <summary>Where a JSON text is, between its values and marks.</summary>
internal sealed class JsonConfig : MatchConfig
{
    private readonly Place _place;
    private readonly JsonFrame? _frame;
    private readonly Demand? _demand;
    private readonly bool _plainOnly;
    private KeyGate? _gate;

    private JsonConfig(Place place, JsonFrame? frame, Demand? demand, bool plainOnly)
    {
        _place = place;
        _frame = frame;
        _demand = demand;
        _plainOnly = plainOnly;
    }

    private enum Place
    {
        BeforeValue,
        AfterOpenArray,
        AfterOpenObject,
        BeforeName,
        AfterName,
        AfterValue,
        Done,
    }

    public override bool CanEnd => _place == Place.Done;

    public override bool CanGoOn => _place != Place.Done;

    private KeyGate Gate => _gate ??= _frame!.Gate();

    /// <summary>Before a whole text.</summary>
    public static JsonConfig Start(Demand demand, bool plainOnly) => new(Place.BeforeValue, null, demand, plainOnly);

    /// <summary>After a value within a frame, or the whole one.</summary>
    public static JsonConfig Ended(JsonFrame? frame, bool plainOnly) => frame is null
        ? new JsonConfig(Place.Done, null, null, plainOnly)
        : new JsonConfig(Place.AfterValue, frame.Array is null ? frame : frame.WithElement(), null, plainOnly);

    /// <summary>After a name.</summary>
    public static JsonConfig Named(JsonFrame frame, Demand value, bool plainOnly) => new(Place.AfterName, frame, value, plainOnly);

    public override void Step(byte b, List<MatchConfig> next)
    {
        if (b is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            if (_place != Place.Done && !_plainOnly)
                Add(next, this);
            return;
        }
        switch (_place)
        {
            case Place.BeforeValue:
                BeginValue(b, _demand!, _frame, next);
                break;
            case Place.AfterOpenArray:
                if (b == ']')
                    Close(next);
                else if (_frame!.NextElement is { } first)
                    BeginValue(b, first, _frame, next);
                break;
            case Place.AfterOpenObject:
                if (b == '}')
                    Close(next);
                else if (b == '"')
                    BeginName(next);
                break;
            case Place.BeforeName:
                if (b == '"')
                    BeginName(next);
                break;
            case Place.AfterName:
                if (b == ':')
                    next.Add(new JsonConfig(Place.BeforeValue, _frame, _demand, _plainOnly));
                break;
            case Place.AfterValue when _frame!.Array is not null:
                if (b == ']')
                    Close(next);
                else if (b == ',' && _frame.NextElement is { } element)
                    next.Add(new JsonConfig(Place.BeforeValue, _frame, element, _plainOnly));
                break;
            case Place.AfterValue:
                if (b == '}')
                    Close(next);
                else if (b == ',' && Gate.IsOpen)
                    next.Add(new JsonConfig(Place.BeforeName, _frame, null, _plainOnly) { _gate = _gate });
                break;
        }
    }

    public override bool IsSame(MatchConfig other) => other is JsonConfig json && json._place == _place && json._frame == _frame && json._demand == _demand;

    private void Close(List<MatchConfig> next)
    {
        if (_frame!.CanClose)
            Add(next, Ended(_frame.Parent, _plainOnly));
    }

    private void BeginName(List<MatchConfig> next)
    {
        if (Gate.IsOpen)
            next.Add(new KeyConfig(_frame!, Gate, new StringForm(_frame!.Object!.Keys!.Dfa, 0, int.MaxValue, _plainOnly) { Gate = Gate }, default, "", _plainOnly));
    }

    private void BeginValue(byte b, Demand demand, JsonFrame? frame, List<MatchConfig> next)
    {
        Shape shape = demand.Shape!;
        switch (b)
        {
            case (byte)'"':
                foreach (StringForm form in shape.Strings)
                    next.Add(new StringConfig(form, default, frame, _plainOnly));
                break;
            case (byte)'{':
                foreach (ObjectForm form in shape.Objects)
                    next.Add(new JsonConfig(Place.AfterOpenObject, JsonFrame.Of(frame, form), null, _plainOnly));
                break;
            case (byte)'[':
                foreach (ArrayForm form in shape.Arrays)
                    next.Add(new JsonConfig(Place.AfterOpenArray, JsonFrame.Of(frame, form), null, _plainOnly));
                break;
            case (byte)'n' when shape.Null:
                next.Add(new WordConfig("null"u8.ToArray(), 1, frame, _plainOnly));
                break;
            case (byte)'t' when shape.True:
                next.Add(new WordConfig("true"u8.ToArray(), 1, frame, _plainOnly));
                break;
            case (byte)'f' when shape.False:
                next.Add(new WordConfig("false"u8.ToArray(), 1, frame, _plainOnly));
                break;
            case (byte)'-' or (>= (byte)'0' and <= (byte)'9'):
                foreach (NumberForm form in shape.Numbers)
                    if (form.CanFollow("", b))
                        next.Add(new NumberConfig(form, ((char)b).ToString(), frame, _plainOnly));
                break;
        }
    }
}

/// <summary>Within true, false or null.</summary>
internal sealed class WordConfig(byte[] word, int at, JsonFrame? frame, bool plainOnly) : MatchConfig
{
    public override bool CanEnd => false;

    public override void Step(byte b, List<MatchConfig> next)
    {
        if (word[at] == b)
            Add(next, at + 1 == word.Length ? JsonConfig.Ended(frame, plainOnly) : new WordConfig(word, at + 1, frame, plainOnly));
    }

    public override bool IsSame(MatchConfig other) => other is WordConfig config && config.Is(word, at, frame);

    private bool Is(byte[] otherWord, int otherAt, JsonFrame? otherFrame) => otherAt == at && otherFrame == frame && otherWord.AsSpan().SequenceEqual(word);
}

/// <summary>Within a number.</summary>
internal sealed class NumberConfig(NumberForm form, string text, JsonFrame? frame, bool plainOnly) : MatchConfig
{
    // Longer ones are nobody's.
    private const int MostLength = 400;

    public override bool CanEnd => frame is null && form.IsWhole(text);

    public override void Step(byte b, List<MatchConfig> next)
    {
        if (b is (>= (byte)'0' and <= (byte)'9') or (byte)'.' or (byte)'-' or (byte)'+' or (byte)'e' or (byte)'E')
        {
            if (text.Length < MostLength && form.CanFollow(text, b))
                next.Add(new NumberConfig(form, text + (char)b, frame, plainOnly));
        }
        else if (frame is not null && form.IsWhole(text))
        {
            JsonConfig.Ended(frame, plainOnly).Step(b, next);
        }
    }

    public override bool IsSame(MatchConfig other) => other is NumberConfig config && config.Is(form, text, frame);

    private bool Is(NumberForm otherForm, string otherText, JsonFrame? otherFrame) => otherForm == form && otherText == text && otherFrame == frame;
}

/// <summary>Within a string.</summary>
internal sealed class StringConfig(StringForm form, ScanForm.State state, JsonFrame? frame, bool plainOnly) : MatchConfig, IScan
{
    public override bool CanEnd => false;

    public override IScan? Scan => this;

    public ScanForm Form => form;

    public ScanForm.State State => state;

    public bool CanBeKept => true;

    public override void Step(byte b, List<MatchConfig> next)
    {
        ScanForm.State after = state;
        switch (form.Step(ref after, b, out _))
        {
            case ScanForm.Outcome.Inside:
                next.Add(new StringConfig(form, after, frame, plainOnly));
                break;
            case ScanForm.Outcome.Closed:
                Add(next, JsonConfig.Ended(frame, plainOnly));
                break;
        }
    }

    public void End(int node, ReadOnlySpan<byte> path, List<MatchConfig> next) => next.Add(JsonConfig.Ended(frame, plainOnly));

    public override bool IsSame(MatchConfig other) => other is StringConfig config && config.Is(form, state, frame);

    private bool Is(StringForm otherForm, ScanForm.State otherState, JsonFrame? otherFrame) => otherForm == form && otherState.Equals(state) && otherFrame == frame;
}

/// <summary>Within a name.</summary>
internal sealed class KeyConfig(JsonFrame frame, KeyGate gate, StringForm form, ScanForm.State state, string text, bool plainOnly) : MatchConfig, IScan
{
    public override bool CanEnd => false;

    public override IScan? Scan => this;

    public ScanForm Form => form;

    public ScanForm.State State => state;

    // As long as other names may come from everywhere, which of the mentioned ones were there matters at the end alone.
    public bool CanBeKept => gate.AllowsOthers && frame.Object!.Keys!.OthersEverywhere;

    public override void Step(byte b, List<MatchConfig> next)
    {
        ScanForm.State after = state;
        switch (form.Step(ref after, b, out int codePoint))
        {
            case ScanForm.Outcome.Inside:
                next.Add(new KeyConfig(frame, gate, form, after, codePoint < 0 ? text : text + new Rune(codePoint), plainOnly));
                break;
            case ScanForm.Outcome.Closed:
                End(state.Node, [], next);
                break;
        }
    }

    public void End(int node, ReadOnlySpan<byte> path, List<MatchConfig> next)
    {
        ObjectForm owner = frame.Object!;
        int label = owner.Keys!.LabelOf(node);
        if (label >= 0)
        {
            if (gate.AllowsName(label))
                next.Add(JsonConfig.Named(frame.WithName(label), owner.Names[label].Value, plainOnly));
            return;
        }
        if (label == Dfa.NoLabel || !gate.AllowsOthers)
            return;
        string name = path.IsEmpty ? text : text + Decode(path);
        if (!frame.HasOther(name))
            next.Add(JsonConfig.Named(frame.WithOther(name), owner.Others[-1 - label], plainOnly));
    }

    public override bool IsSame(MatchConfig other) => other is KeyConfig config && config.Is(frame, state, text);

    private string Decode(ReadOnlySpan<byte> path)
    {
        StringBuilder decoded = new();
        ScanForm.State at = state;
        foreach (byte b in path)
        {
            form.Step(ref at, b, out int codePoint);
            if (codePoint >= 0)
                decoded.Append(new Rune(codePoint).ToString());
        }
        return decoded.ToString();
    }

    private bool Is(JsonFrame otherFrame, ScanForm.State otherState, string otherText) => otherFrame == frame && otherState.Equals(state) && otherText == text;
}
