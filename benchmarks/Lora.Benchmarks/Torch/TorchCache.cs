using TorchSharp;

namespace Lora.Benchmarks;

/// <summary>The keys and values of the positions so far of one layer, [1, heads, capacity, d], kept in place.</summary>
internal sealed class TorchCache(int heads, int capacity, int headDim, torch.ScalarType type)
{
    private readonly torch.Tensor _keys = torch.randn([1, heads, capacity, headDim]).to_type(type);
    private readonly torch.Tensor _values = torch.randn([1, heads, capacity, headDim]).to_type(type);

    public (torch.Tensor Keys, torch.Tensor Values) Append(torch.Tensor key, torch.Tensor value, int position)
    {
        _keys.narrow(2, position, 1).copy_(key);
        _values.narrow(2, position, 1).copy_(value);
        return (_keys.narrow(2, 0, position + 1), _values.narrow(2, 0, position + 1));
    }
}
