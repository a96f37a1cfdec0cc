namespace Lora;

/// <summary>Which of a model's own weights are frozen, and how those lie in memory.</summary>
public static class ModelWeights
{
    extension(ILoraModel model)
    {
        /// <summary>Freezes the own weights of every layer, or trains all of them in full: <see cref="Layer.IsFrozen"/>.</summary>
        /// <param name="isFrozen">Whether they stay as they are.</param>
        /// <exception cref="InvalidOperationException">Adapters are merged into the weights.</exception>
        public void SetFrozen(bool isFrozen)
        {
            ArgumentNullException.ThrowIfNull(model);
            ModelState state = ModelState.Of(model);
            state.RefuseMerged(isFrozen ? "freeze its weights" : "train its weights");
            foreach (NamedLayer named in state.Layers)
            {
                named.Layer.IsFrozen = isFrozen;
            }
        }

        /// <summary>
        /// Chooses the format of every frozen matrix, of linear layers and embeddings. Weights that are there are converted; a model that has none yet takes
        /// those of <c>LoadStateDict</c> in the format. What is trained, biases and norms stay in float32, and so do weights that an adapter is merged into.
        /// </summary>
        /// <param name="format">The format.</param>
        /// <exception cref="ArgumentOutOfRangeException">There is no such format.</exception>
        /// <exception cref="InvalidOperationException">Adapters are merged into the weights.</exception>
        public void SetWeightFormat(WeightFormat format)
        {
            ArgumentNullException.ThrowIfNull(model);
            if (!Enum.IsDefined(format))
            {
                throw new ArgumentOutOfRangeException(nameof(format), format, $"{format} is no {nameof(WeightFormat)}.");
            }

            ModelState state = ModelState.Of(model);
            state.RefuseMerged("change the format of its weights");
            foreach (LayerWeight weight in state.Layers.SelectMany(named => named.Layer.Weights))
            {
                weight.Format = format;
            }
        }

        /// <summary>
        /// What rounding to the format of the weights has cost: ‖W − rounded W‖ / ‖W‖ over all frozen matrices together, 0 for float32 and for weights that
        /// the format holds exactly.
        /// </summary>
        public double WeightRoundingError
        {
            get
            {
                ArgumentNullException.ThrowIfNull(model);
                double error = 0;
                double norm = 0;
                foreach (LayerWeight weight in ModelState.Of(model).Layers.SelectMany(named => named.Layer.Weights))
                {
                    error += weight.Rounding.Error;
                    norm += weight.Rounding.Norm;
                }

                return error > 0 ? Math.Sqrt(error / norm) : 0;
            }
        }
    }
}
