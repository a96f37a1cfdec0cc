using System.CommandLine;
using Concepts;
using Concepts.Questions;

var questions = new Dictionary<string, (string Text, Action<Lesson, string> Answer)>
{
    ["zero"] = ("Why does B start at zero?", WhyZero.Answer),
    ["rank"] = ("What do alpha / r and alpha / √r do as the rank grows?", AlphaAndRank.Answer),
    ["merging"] = ("What does merging save?", Merging.Answer),
    ["placement"] = ("Which layers should have adapters?", Placement.Answer),
    ["methods"] = ("How does LoRA compare with bottleneck adapters and prefix tuning of equal size?", Methods.Answer),
};

var chosen = new Argument<string[]>("questions")
{
    Description = $"What to answer: {string.Join(", ", questions.Keys)}; all of them by default.",
    DefaultValueFactory = _ => [.. questions.Keys],
};
chosen.AcceptOnlyFromAmong([.. questions.Keys]);
var quick = new Option<bool>("--quick") { Description = "A tenth of the training, to see that it works; the figures mean nothing then." };
var folder = new Option<string>("--out") { Description = "Folder for the pictures.", DefaultValueFactory = _ => "." };
var command = new RootCommand("Questions about LoRA, each answered by a small experiment.") { chosen, quick, folder };
command.SetAction(given =>
{
    string pictures = given.GetValue(folder)!;
    Directory.CreateDirectory(pictures);
    var lesson = new Lesson(given.GetValue(quick));
    Console.WriteLine($"A transformer of two layers, pretrained on one language: loss {lesson.HomeLoss:F3} there, {lesson.PretrainedLoss:F3} on the other.");
    foreach (string name in given.GetValue(chosen)!.Distinct())
    {
        Console.WriteLine();
        Console.WriteLine(questions[name].Text);
        questions[name].Answer(lesson, pictures);
    }
});
try
{
    return command.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (IOException fault)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}
