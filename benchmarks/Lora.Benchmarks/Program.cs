using System.CommandLine;
using Lora.Benchmarks;
using Lora.Benchmarks.Kernels;

var command = new RootCommand("What the library costs, beside TorchSharp and beside what the machine is capable of.")
{
    CompareCommand.Create(), SweepCommand.Create(), RowsCommand.Create(), CheckpointsCommand.Create(), KernelsCommand.Create(), AotCommand.Create(), SideCommand.Create(),
};
try
{
    return command.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception fault) when (fault is ArgumentException or IOException or InvalidDataException or InvalidOperationException or UnauthorizedAccessException)
{
    Console.Error.WriteLine(fault.Message);
    return 2;
}
