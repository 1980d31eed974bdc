import { exitCodes } from '@nootropic/contracts';
import { ndJsonStream } from '@agentclientprotocol/sdk';
import { userModelRef, type Cli } from '../cli.ts';
import { diffRoom } from '../diff-room.ts';
import { createAcpAgent } from './acp-agent.ts';

/** Serves one editor on standard input and output until it goes away. Gives the exit code. */
export async function serveAcp(cli: Cli, options: { readonly model?: string }): Promise<number> {
  const { stdin, stdout, version } = cli.surroundings;
  const host = await cli.loadHost();
  await using open = await host.open({ stays: true });
  const { assistant } = open;
  const model = options.model === undefined ? undefined : userModelRef(cli, options.model);
  const { agent } = await host.config();
  const served = createAcpAgent({
    ...{ assistant, version, model, mode: agent?.mode ?? 'ask' },
    diffRoom: () => diffRoom(assistant, host, model),
  });
  const decoder = new TextDecoder();
  const output = new WritableStream<Uint8Array>({
    write: (bytes) => stdout.write(decoder.decode(bytes, { stream: true })),
  });
  const connection = served.connect(ndJsonStream(output, ReadableStream.from(stdin.chunks())));
  const stop = (): void => connection.close();
  cli.signal.addEventListener('abort', stop, { once: true });
  if (cli.signal.aborted) stop();
  await connection.closed;
  cli.signal.removeEventListener('abort', stop);
  return cli.signal.aborted ? exitCodes.interrupted : exitCodes.ok;
}
