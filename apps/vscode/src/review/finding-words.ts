import type { Finding } from '@nootropic/contracts';

/** A finding as the body of a comment. What a model wrote is shown as text: it brings no links, pictures or commands along. */
export function findingBody(
  { title, input, outcome }: Pick<Finding, 'title' | 'input' | 'outcome'>,
  words: { readonly input: string; readonly outcome: string },
): string {
  return `**${plain(title)}**\n\n- **${words.input}:** ${plain(input)}\n- **${words.outcome}:** ${plain(outcome)}`;
}

/** Text whose characters mean nothing in markdown. */
export function plain(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]()#+\-.!|<>~&:@]/gu, '\\$&').replaceAll(/\s+/gu, ' ');
}

function told({ path, line, title, input, outcome }: Finding): string {
  return [`A review says of ${path}:${line}: ${title}`, `Input: ${input}`, `Wrong: ${outcome}`].join('\n');
}

export function askWords(finding: Finding, question: string): string {
  return `${told(finding)}\n\n${question}`;
}

export function fixFindingWords(finding: Finding): string {
  return `${told(finding)}\n\nFirst see in the code whether that is so. If it is, mend it with the smallest change that is right; if it is not, change nothing and say why.`;
}
