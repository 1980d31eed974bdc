/**
 * The same stream, with a count of those that are being read: one more at the first event that is asked for, one less at the end, in
 * whatever way it ends. A stream that is returned while an event is waited for hears of it at once.
 */
export function countTurn<Event, End>(
  stream: AsyncIterator<Event, End, void>,
  count: (by: 1 | -1) => void,
): AsyncGenerator<Event, End, void> {
  let reading = false;
  const begin = (): void => {
    if (!reading) count(1);
    reading = true;
  };
  const end = (): void => {
    if (reading) count(-1);
    reading = false;
  };
  const counted: AsyncGenerator<Event, End, void> = {
    async next() {
      begin();
      try {
        const result = await stream.next();
        if (result.done === true) end();
        return result;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return(value) {
      end();
      return (await stream.return?.(value)) ?? { done: true, value: await value };
    },
    async throw(cause) {
      end();
      if (stream.throw === undefined) throw cause;
      return stream.throw(cause);
    },
    [Symbol.asyncIterator]: () => counted,
    async [Symbol.asyncDispose]() {
      end();
      await stream.return?.(undefined);
    },
  };
  return counted;
}
