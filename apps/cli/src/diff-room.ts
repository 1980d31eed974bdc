import type { Assistant } from '@nootropic/contracts';
import type { Host } from './host.ts';

/** Tokens that are assumed where a model does not say how much it reads. */
const usualContext = 8192;
/** Characters of a token, on the low side, and the part of the room that a diff may take: beside it stand the rules, what is looked up, and the answer. */
const perToken = 3;
const share = 0.45;
const least = 2000;
const most = 60_000;

/** The same where nothing is known of the model. */
export const usualDiffRoom = Math.round(usualContext * perToken * share);

/** How many characters of a diff the model that will answer can read. */
export async function diffRoom(assistant: Assistant, host: Host, model: string | undefined): Promise<number> {
  const [{ chat, models }, config] = await Promise.all([assistant.models.list(), host.config()]);
  const known = models.find(({ ref, name }) => ref === (model ?? chat) || name === model)?.contextLength ?? 0;
  const allocated = config.models?.contextLength ?? 0;
  const lengths = [known, allocated].filter((length) => length > 0);
  const tokens = lengths.length > 0 ? Math.min(...lengths) : usualContext;
  return Math.round(Math.min(most, Math.max(least, tokens * perToken * share)));
}
