import type { GenerateRequest } from '@nootropic/contracts';

/** What makes two answers the same: case, white space, and marks at their ends do not. */
export function sameAnswerKey(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .replace(/^[\s"'`*_.,;:!?()[\]]+|[\s"'`*_.,;:!?()[\]]+$/gu, '');
}

/** The answer that most gave, of as many the first, and how many gave it. The given list has at least one. */
export function majority(texts: readonly string[]): { readonly text: string; readonly votes: number } {
  const votes = new Map<string, { readonly text: string; votes: number }>();
  for (const text of texts) {
    const key = sameAnswerKey(text);
    const known = votes.get(key);
    if (known) known.votes += 1;
    else votes.set(key, { text, votes: 1 });
  }
  const [first = { text: '', votes: 0 }, ...others] = votes.values();
  return others.reduce((best, each) => (each.votes > best.votes ? each : best), first);
}

/** Asks which of several answers is best. The answers are numbered and not named, so that their place is all that could sway it. */
export function judgeRequest(prompt: string, texts: readonly string[]): GenerateRequest {
  const answers = texts.map((text, index) => `# Answer ${String(index + 1)}\n\n${text}`).join('\n\n');
  return {
    messages: [
      {
        role: 'user',
        content: `${prompt}\n\n${answers}\n\n# Your task\n\nWhich of these ${String(texts.length)} answers is the best one: right, complete and to the point? Reply with its number only.`,
      },
    ],
    temperature: 0,
    maxTokens: 16,
    thinkingTokens: 0,
  };
}

/** The answer that a judge named; the first where it named none that is there. */
export function judged(verdict: string, texts: readonly string[]): string {
  const number = Number(/\d+/u.exec(verdict)?.[0] ?? 1);
  return texts[number - 1] ?? texts[0] ?? '';
}
