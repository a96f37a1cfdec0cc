using System.CommandLine;
using Lora.Benchmarks;

var command = new RootCommand("What the library costs, beside TorchSharp and beside what the machine is capable of.") { CompareCommand.Create() };
return command.Parse(args).Invoke();
