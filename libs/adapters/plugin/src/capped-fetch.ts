/** A `fetch` whose answers end with an error once one is larger than so many bytes. A stream of events has no end, so each of its events counts alone. */
export function cappedFetch(fetch: typeof globalThis.fetch, maxBytes: number): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (!response.body) return response;
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
    let bytes = 0;
    const counted = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          const end = isStream ? lastEnd(chunk) : -1;
          bytes = end < 0 ? bytes + chunk.length : chunk.length - end;
          if (bytes > maxBytes || chunk.length > maxBytes)
            controller.error(new Error(`The answer is larger than ${maxBytes} bytes.`));
          else controller.enqueue(chunk);
        },
      }),
    );
    const { status, statusText, headers } = response;
    const capped = new Response(counted, { status, statusText, headers });
    // What a response was redirected to cannot be said otherwise.
    Object.defineProperty(capped, 'url', { value: response.url });
    return capped;
  };
}

/** Where the last event ends in a piece: behind an empty line. */
function lastEnd(chunk: Uint8Array): number {
  const newline = 10;
  for (let at = chunk.length - 1; at > 0; at -= 1) {
    const before = chunk[at - 1] === 13 ? at - 2 : at - 1;
    if (chunk[at] === newline && chunk[before] === newline) return at + 1;
  }
  return -1;
}
