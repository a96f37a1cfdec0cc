using Lora.Cli;

return LoraTool.Run(args, Terminal.Standard());
