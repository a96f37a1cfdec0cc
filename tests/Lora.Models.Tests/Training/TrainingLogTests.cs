namespace Lora.Models.Tests;

public sealed class TrainingLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("lora-").FullName;

    private string LogPath => Path.Combine(_folder, "inner", "log.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_step_is_a_line_with_all_digits()
    {
        using (var log = new TrainingLog(LogPath))
        {
            log.Write(new TrainingStep(1, 5.173710823059082, 3.0312438766057075, 0.1f, 128, 12.3456), heldOut: 5.25);
            File.ReadAllText(LogPath).ShouldBe("{\"step\":1,\"loss\":5.173710823059082,\"grad_norm\":3.0312438766057075,\"lr\":0.1,\"tokens\":128,\"ms\":12.346,\"eval_loss\":5.25}\n");
        }
    }

    [Fact]
    public void A_training_that_goes_on_keeps_the_lines_before_its_checkpoint()
    {
        using (var log = new TrainingLog(LogPath))
        {
            for (int step = 1; step <= 4; step++)
            {
                log.Write(Step(step));
            }
        }

        File.AppendAllText(LogPath, "{\"step\":5,\"lo");
        using (var log = new TrainingLog(LogPath, stepsDone: 2))
        {
            log.Write(Step(3));
        }

        File.ReadAllLines(LogPath).Select(line => line[..9]).ShouldBe(["{\"step\":1", "{\"step\":2", "{\"step\":3"]);
        using (new TrainingLog(LogPath))
        {
            File.ReadAllText(LogPath).ShouldBeEmpty();
        }
    }

    private static TrainingStep Step(int number) => new(number, 1, 1, 1, 1, 1);
}
