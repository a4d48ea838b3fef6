using System.Collections.Generic;

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

    public bool PlainOnly => _plainOnly;

    /// <summary>The values that can begin here, with the frames that they then stand in.</summary>
    public IEnumerable<(Demand Demand, JsonFrame? Frame)> Values => _place switch
    {
        Place.BeforeValue => [(_demand!, _frame)],
        Place.AfterOpenArray => _frame!.NextElements(),
        _ => [],
    };

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
                else
                    foreach ((Demand demand, JsonFrame? frame) in _frame!.NextElements())
                        BeginValue(b, demand, frame, next);
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
                else if (b == ',')
                    foreach ((Demand demand, JsonFrame? frame) in _frame.NextElements())
                        next.Add(new JsonConfig(Place.BeforeValue, frame, demand, _plainOnly));
                break;
            case Place.AfterValue:
                if (b == '}')
                    Close(next);
                else if (b == ',' && Gate.IsOpen)
                    next.Add(new JsonConfig(Place.BeforeName, _frame, null, _plainOnly) { _gate = _gate });
                break;
        }
    }

    public override bool IsSame(MatchConfig other) =>
        other is JsonConfig json && json._place == _place && json._demand == _demand
        && (json._frame == _frame || (_place == Place.AfterValue && _frame!.IsSame(json._frame)));

    private void Close(List<MatchConfig> next)
    {
        if (_frame!.CanClose)
            Add(next, Ended(_frame.Parent, _plainOnly));
    }

    private void BeginName(List<MatchConfig> next)
    {
        if (!Gate.IsOpen)
            return;
        StringForm form = new(_frame!.Object!.Keys!.Dfa, 0, int.MaxValue, _plainOnly) { Gate = Gate };
        next.Add(new KeyConfig(_frame, Gate, form, default, "", _plainOnly));
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
