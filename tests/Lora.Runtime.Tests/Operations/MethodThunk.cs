using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;

namespace Lora.Tests.Operations;

/// <summary>Calls a method with its arguments in an array, in which an int[] stands for a span of integers: reflection cannot pass spans.</summary>
internal static class MethodThunk
{
    private static readonly ConcurrentDictionary<MethodInfo, Func<object?, object?[], object?>> _thunks = [];

    public static object? Call(MethodInfo method, object? target, params object?[] arguments) => _thunks.GetOrAdd(method, Make)(target, arguments);

    private static Func<object?, object?[], object?> Make(MethodInfo method)
    {
        var thunk = new DynamicMethod(method.Name, typeof(object), [typeof(object), typeof(object[])], typeof(MethodThunk).Module, skipVisibility: true);
        ILGenerator il = thunk.GetILGenerator();
        if (!method.IsStatic)
        {
            il.Emit(OpCodes.Ldarg_0);
            il.Emit(OpCodes.Castclass, method.DeclaringType!);
        }

        ParameterInfo[] parameters = method.GetParameters();
        for (int i = 0; i < parameters.Length; i++)
        {
            il.Emit(OpCodes.Ldarg_1);
            il.Emit(OpCodes.Ldc_I4, i);
            il.Emit(OpCodes.Ldelem_Ref);
            Type type = parameters[i].ParameterType;
            if (type == typeof(ReadOnlySpan<int>))
            {
                il.Emit(OpCodes.Castclass, typeof(int[]));
                il.Emit(OpCodes.Call, typeof(ReadOnlySpan<int>).GetMethod("op_Implicit", [typeof(int[])])!);
            }
            else
            {
                il.Emit(type.IsValueType ? OpCodes.Unbox_Any : OpCodes.Castclass, type);
            }
        }

        il.Emit(method.IsStatic ? OpCodes.Call : OpCodes.Callvirt, method);
        if (method.ReturnType == typeof(void))
        {
            il.Emit(OpCodes.Ldnull);
        }
        else if (method.ReturnType.IsValueType)
        {
            il.Emit(OpCodes.Box, method.ReturnType);
        }

        il.Emit(OpCodes.Ret);
        return thunk.CreateDelegate<Func<object?, object?[], object?>>();
    }
}
