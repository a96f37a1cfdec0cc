namespace Lora;

/// <summary>What every model has without its being generated.</summary>
public static class LoraModelExtensions
{
    extension(ILoraModel model)
    {
        /// <summary>The model's adapters by name: to switch, switch off, combine and delete them.</summary>
        public AdapterSet Adapters => ModelState.Of(model).Adapters;
    }
}
