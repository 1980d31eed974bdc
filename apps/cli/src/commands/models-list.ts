import type { Assistant, ModelInfo, StoredModel } from '@nootropic/contracts';
import type { Command } from 'commander';
import { withAssistant, withCommonOptions, type Cli, type CommonOptions } from '../cli.ts';
import type { Explained, Host } from '../host.ts';
import { howToGetOne } from '../model-names.ts';
import type { Finish } from '../program.ts';
import { formatBytes, formatNumber, formatSpeed } from '../sizes.ts';
import { tableLines, type Column, type Row } from '../table.ts';
import { textWidth, wrapped } from '../text-width.ts';

interface Listed {
  readonly chat: string;
  readonly models: readonly ModelInfo[];
  readonly stored: readonly StoredModel[];
}

/** Which model serves a role, and why that one. */
interface Serving {
  readonly role: string;
  readonly model: string;
  readonly why: string;
}

export function addModelsList(parent: Command, cli: Cli, finish: Finish): void {
  const command = parent
    .command('list')
    .summary('list the models that can be used now')
    .description('Lists the models that are installed or offered by a server here, and which one serves each role.');
  withCommonOptions(command, [
    ['nootropic models list', 'which model answers, and which could'],
    ['nootropic models list --json', 'one JSON object'],
  ]).action((options: CommonOptions) =>
    finish(() =>
      withAssistant(cli, async (assistant, host) => {
        const found = await assistant.models.list(undefined, { signal: cli.signal });
        await (options.json === true ? cli.json(found) : print(cli, found, await explainer(assistant, host)));
      }),
    ),
  );
}

const installedColumns: readonly Column[] = [
  { title: 'INSTALLED', least: 16 },
  { title: 'ROLE' },
  { title: 'SIZE', align: 'right' },
  { title: 'CONTEXT', align: 'right', spare: 1 },
  { title: 'READS/S', align: 'right', spare: 3 },
  { title: 'WRITES/S', align: 'right', spare: 2 },
];
const otherColumns: readonly Column[] = [
  { title: 'ALSO USABLE', least: 20 },
  { title: 'CAN', least: 10 },
  { title: 'CONTEXT', align: 'right', spare: 1 },
  { title: 'RUNS', spare: 2 },
];

async function print(cli: Cli, found: Listed, explain: Explain): Promise<void> {
  const { style } = cli;
  const servings = await servingsOf(found, explain);
  const widths = [11, Math.max(...servings.map(({ model }) => textWidth(cli.cell(model))))] as const;
  for (const { role, model, why } of servings) {
    const name = cli.cell(model);
    const rest = why === '' ? '' : `(${why})`;
    const start = `${style.dim(role.padEnd(widths[0]))}${style.bold(name)}`;
    const room = cli.width - widths[0] - widths[1] - 2;
    // What does not fit beside the name stands below it.
    if (rest.length <= room)
      await cli.out(`${start}${' '.repeat(widths[1] - textWidth(name) + (rest === '' ? 0 : 2))}${style.dim(rest)}\n`);
    else {
      await cli.out(`${start}\n`);
      for (const line of wrapped(rest, cli.width - widths[0]))
        await cli.out(`${' '.repeat(widths[0])}${style.dim(line)}\n`);
    }
  }
  if (found.stored.length > 0)
    await cli.out(
      `\n${tableLines(
        installedColumns,
        found.stored.map((model) => installedRow(cli, model)),
        cli,
      ).join('\n')}\n`,
    );
  const stored = new Set(found.stored.map(({ ref }) => ref));
  const others = found.models.filter(({ ref }) => !stored.has(ref));
  if (others.length > 0)
    await cli.out(
      `\n${tableLines(
        otherColumns,
        others.map((model) => otherRow(cli, model)),
        cli,
      ).join('\n')}\n`,
    );
  if (found.stored.length === 0) await cli.talk(`\nNo model is installed: \`${howToGetOne}\`.\n`);
}

function installedRow(cli: Cli, { name, role, bytes, contextLength, profile }: StoredModel): Row {
  const speed = (value: number | undefined): string => (value === undefined || value === 0 ? '' : formatSpeed(value));
  return {
    cells: [
      cli.cell(name),
      role,
      formatBytes(bytes),
      formatNumber(contextLength),
      speed(profile?.promptSpeed),
      speed(profile?.writeSpeed),
    ],
  };
}

function otherRow(cli: Cli, { ref, can, contextLength, local }: ModelInfo): Row {
  return {
    cells: [
      cli.cell(ref),
      can.join(', '),
      contextLength > 0 ? formatNumber(contextLength) : '',
      local ? 'here' : 'elsewhere',
    ],
  };
}

/** A setting that the models are chosen by, and the layer it comes from. */
type Explain = (key: string) => Promise<Pick<Explained, 'value' | 'layer'>>;

/** The settings are those of whoever gave the models. */
async function explainer(assistant: Assistant, host: Host): Promise<Explain> {
  if (!host.remote) return (key) => host.explain(key);
  const settings = await assistant.config.list();
  return async (key) => settings.find((each) => each.key === key) ?? { value: undefined, layer: 'unset' };
}

/** Which model serves each role. */
async function servingsOf(found: Listed, explain: Explain): Promise<Serving[]> {
  const none = found.chat === '' || found.chat === 'none';
  const nameOf = (ref: string): string => found.stored.find((model) => model.ref === ref)?.name ?? ref;
  const chat = none ? 'no language model' : nameOf(found.chat);
  const setting = async (role: string): Promise<{ value: string; why: string } | undefined> => {
    const { value, layer } = await explain(`models.${role}`);
    if (typeof value !== 'string') return undefined;
    return { value, why: layer === 'default' ? 'the default' : `models.${role}, set by the ${layer} layer` };
  };
  const [chatSet, completionSet, embeddingSet, rerankingSet] = await Promise.all(
    ['chat', 'completion', 'embedding', 'reranking'].map(setting),
  );
  const made = [...found.stored]
    .filter(({ role }) => role === 'completion')
    .sort((a, b) => b.importedAt - a.importedAt)[0];
  const servings: Serving[] = [
    { role: 'chat', model: chat, why: none ? 'answers are extractive' : (chatSet?.why ?? 'the newest installed one') },
  ];
  if (completionSet) servings.push({ role: 'completion', model: nameOf(completionSet.value), why: completionSet.why });
  else if (made) servings.push({ role: 'completion', model: made.name, why: 'the newest one made for it' });
  else if (!none) servings.push({ role: 'completion', model: chat, why: 'the one that answers' });
  if (embeddingSet) servings.push({ role: 'embedding', model: nameOf(embeddingSet.value), why: embeddingSet.why });
  if (rerankingSet) servings.push({ role: 'reranking', model: nameOf(rerankingSet.value), why: rerankingSet.why });
  return servings;
}
