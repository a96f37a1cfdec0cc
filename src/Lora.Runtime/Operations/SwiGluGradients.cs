namespace Lora;

/// <summary>The gradients of <see cref="Nn.SwiGlu"/> in one pass: one sigmoid serves both.</summary>
internal unsafe struct SwiGluGradients : ILoop
{
    private float* _gate;
    private float* _up;
    private float* _gradResult;

    /// <summary>Null where nobody wants it.</summary>
    private float* _gradGate;

    /// <summary>Null where nobody wants it.</summary>
    private float* _gradUp;
    private bool _overwriteGate;
    private bool _overwriteUp;

    public static void Add(Tensor gate, Tensor up, Tensor gradResult, Tensor? gradGate, Tensor? gradUp)
    {
        Checks.SameShape(gate, up, nameof(Nn.SwiGluBackward));
        Checks.SameShape(gate, gradResult, nameof(Nn.SwiGluBackward));
        Checks.SameShape(gate, gradGate ?? gate, nameof(Nn.SwiGluBackward));
        Checks.SameShape(up, gradUp ?? up, nameof(Nn.SwiGluBackward));
        int length = gradResult.Length;
        bool overwriteGate = false;
        bool overwriteUp = false;
        Span<float> toGate = gradGate is null ? default : gradGate.BeginAccumulate(out overwriteGate);
        Span<float> toUp = gradUp is null ? default : gradUp.BeginAccumulate(out overwriteUp);
        fixed (float* gates = gate.Span, ups = up.Span, gradResults = gradResult.Span, gradGates = toGate, gradUps = toUp)
        {
            var loop = new SwiGluGradients
            {
                _gate = gates,
                _up = ups,
                _gradResult = gradResults,
                _gradGate = gradGates,
                _gradUp = gradUps,
                _overwriteGate = overwriteGate,
                _overwriteUp = overwriteUp,
            };
            Loop.RunInParts(loop, length);
        }
    }

    public readonly void Run<TLanes, TVector>(int start, int end)
        where TLanes : struct, ILanes<TVector>
        where TVector : struct
    {
        float* gates = _gate;
        float* ups = _up;
        float* gradResults = _gradResult;
        float* gradGates = _gradGate;
        float* gradUps = _gradUp;
        bool overwriteGate = _overwriteGate;
        bool overwriteUp = _overwriteUp;
        for (int i = start; i < end; i += TLanes.Count)
        {
            TVector gate = TLanes.Load(gates + i);
            TVector up = TLanes.Load(ups + i);
            TVector gradResult = TLanes.Load(gradResults + i);
            TVector sigmoid = Functions.Sigmoid<TLanes, TVector>(gate);
            if (gradGates != null)
            {
                TVector slope = Functions.SiluSlope<TLanes, TVector>(gate, sigmoid);
                Loop.Write<TLanes, TVector>(gradGates + i, TLanes.Multiply(TLanes.Multiply(gradResult, up), slope), overwriteGate);
            }

            if (gradUps != null)
            {
                Loop.Write<TLanes, TVector>(gradUps + i, TLanes.Multiply(TLanes.Multiply(gate, sigmoid), gradResult), overwriteUp);
            }
        }
    }
}
