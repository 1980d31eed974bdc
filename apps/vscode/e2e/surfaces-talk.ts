import type { RecordedRequest, ScriptedAnswer } from '@nootropic/testing';

export const sizes = [
  '/** Sizes of parcels. */',
  'export function kilobytes(bytes: number): number {',
  '  return bytes / 1000;',
  '}',
  '',
  'export interface Parcel {',
  '  readonly name: string;',
  '  readonly bytes: number;',
  '}',
  '',
  'export function heaviest(parcels: readonly Parcel[]): Parcel | undefined {',
  '  let found: Parcel | undefined;',
  '  for (const each of parcels) if (!found || each.bytes > found.bytes) found = each;',
  '  return found;',
  '}',
  '',
  'export function average(parcels: readonly Parcel[]): number {',
  '  const sum = parcels.reduce((total, each) => total + each.bytes, 0);',
  '  return sum / parcels.length;',
  '}',
  '',
].join('\n');
export const kilo = sizes.replace('bytes / 1000', 'bytes / 1024');
export const mended = kilo.replace('sum / parcels.length', 'parcels.length === 0 ? 0 : sum / parcels.length');

export const files = {
  'src/sizes.ts': sizes,
  'package.json': '{ "name": "parcels", "version": "1.0.0", "private": true, "type": "module" }\n',
};

/** What the system message of a request says, and how many answers it has had since the last question. */
function read({ body }: RecordedRequest): { readonly system: string; readonly asked: string; readonly steps: number } {
  const messages = (body?.['messages'] ?? []) as { role: string; content: unknown }[];
  const text = (content: unknown) => (typeof content === 'string' ? content : JSON.stringify(content));
  const last = messages.findLastIndex(({ role }) => role === 'user');
  return {
    system: text(messages.find(({ role }) => role === 'system')?.content ?? ''),
    asked: text(messages[last]?.content ?? ''),
    steps: messages.slice(last).filter(({ role }) => role === 'assistant').length,
  };
}

/** An agent that mends the file in two places. */
function mend(request: RecordedRequest): ScriptedAnswer {
  const { steps } = read(request);
  if (steps === 0) return { toolCalls: [{ id: 'a', name: 'read', arguments: { path: 'src/sizes.ts' } }] };
  if (steps === 1)
    return {
      text: [`I mend both.\n\`\`\`ts\n${mended}\`\`\`\n`],
      toolCalls: [{ id: 'b', name: 'edit', arguments: { path: 'src/sizes.ts' } }],
    };
  return { text: ['Both are mended: a kilobyte has 1024 bytes, and no parcels weigh nothing.'] };
}

export function answer(request: RecordedRequest): ScriptedAnswer {
  const { system } = read(request);
  if (system.includes('You write the message of one commit'))
    return { text: ['Count a kilobyte as 1024 bytes\n\nThe store counts that way, so sizes did not match.'] };
  if (system.includes('You review a change'))
    return {
      text: [
        'FINDING: The average of no parcels is not a number\nAT: src/sizes.ts:19\nINPUT: average([])\nWRONG: it gives NaN, and should give 0',
      ],
    };
  if (system.includes('You name things')) return { text: ['{"names":["meanBytes","averageSize","meanParcelSize"]}'] };
  return mend(request);
}

/** The mode in which code actions change files, as a setting of the folder that the person trusts. */
export function withMode(mode: string) {
  return { ...files, '.vscode/settings.json': JSON.stringify({ 'nootropic.actions.mode': mode }) };
}
