using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.CodeAnalysis;

namespace Lora.Generators.Tests;

/// <summary>
/// Compares generated files with those that were accepted, <c>_snapshots/Class.Method#Hint.verified.cs</c>. A mismatch writes
/// <c>….received.cs</c> beside it; with the environment variable <c>LORA_ACCEPT_SNAPSHOTS=1</c> a run accepts what it gets.
/// </summary>
internal static class Snapshot
{
    public static void Verify(Type test, IEnumerable<GeneratedSourceResult> sources, [CallerMemberName] string method = "")
    {
        string folder = Path.Combine(Repository.Root, "tests", "Lora.Generators.Tests", "_snapshots");
        string prefix = $"{test.Name}.{method}#";
        bool accepts = Environment.GetEnvironmentVariable("LORA_ACCEPT_SNAPSHOTS") == "1";
        var faults = new List<string>();
        var seen = new HashSet<string>();
        foreach (GeneratedSourceResult source in sources)
        {
            string name = prefix + Path.GetFileNameWithoutExtension(source.HintName);
            string verified = Path.Combine(folder, name + ".verified.cs");
            string received = Path.Combine(folder, name + ".received.cs");
            string text = $"//HintName: {source.HintName}\n{source.SourceText}";
            seen.Add(Path.GetFileName(verified));
            if (File.Exists(verified) && File.ReadAllText(verified).ReplaceLineEndings("\n") == text)
            {
                File.Delete(received);
                continue;
            }

            if (accepts)
            {
                File.WriteAllText(verified, text, new UTF8Encoding(false));
                File.Delete(received);
                continue;
            }

            File.WriteAllText(received, text, new UTF8Encoding(false));
            faults.Add(File.Exists(verified) ? $"{name} differs: compare {received}" : $"{name} is new: see {received}");
        }

        foreach (string path in Directory.GetFiles(folder, prefix + "*.verified.cs").Where(path => !seen.Contains(Path.GetFileName(path))))
        {
            if (accepts)
            {
                File.Delete(path);
            }
            else
            {
                faults.Add($"{Path.GetFileName(path)} is generated no more");
            }
        }

        if (faults.Count > 0)
        {
            throw new ProgramFaultException(string.Join("\n", faults) + "\nLORA_ACCEPT_SNAPSHOTS=1 accepts.");
        }
    }
}
