using System.Diagnostics;

namespace Concepts;

/// <summary>Measures how long calls take.</summary>
internal static class Stopwatches
{
    /// <summary>The median times of several actions in microseconds, taken in turn, so that what slows the machine slows all.</summary>
    public static double[] Medians(int count, params Action[] actions)
    {
        double[][] times = [.. actions.Select(_ => new double[count])];
        for (int i = -5; i < count; i++)
        {
            for (int action = 0; action < actions.Length; action++)
            {
                long start = Stopwatch.GetTimestamp();
                actions[action]();
                if (i >= 0)
                {
                    times[action][i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
                }
            }
        }

        return [.. times.Select(each => each.Order().ElementAt(count / 2))];
    }
}
