namespace Lora;

/// <summary>A kernel that computes some rows of c at a time, their number a compile-time constant: 1, 2, 4 or, where registers are many, 8.</summary>
internal interface IRowKernel
{
    /// <summary>Computes the rows, and moves the job on behind them.</summary>
    static abstract void Run<TRows>(ref TileJob job)
        where TRows : struct, ISize;

    /// <summary>Computes any number of rows.</summary>
    static void RunAll<TKernel>(TileJob job, int rows)
        where TKernel : struct, IRowKernel
    {
        if (VectorWidth.HasManyRegisters)
        {
            for (; rows >= 8; rows -= 8)
            {
                TKernel.Run<Size8>(ref job);
            }
        }

        for (; rows >= 4; rows -= 4)
        {
            TKernel.Run<Size4>(ref job);
        }

        if (rows >= 2)
        {
            TKernel.Run<Size2>(ref job);
            rows -= 2;
        }

        if (rows > 0)
        {
            TKernel.Run<Size1>(ref job);
        }
    }
}
