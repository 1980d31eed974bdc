import { viewNames, type Place, type ViewName } from '../ui-context.tsx';

export interface Address {
  readonly view: ViewName;
  readonly place: Place;
}

/** Reads `#code?path=src%2Fa.ts&line=3`. What names no view is the chat. */
export function readAddress(hash: string): Address {
  const [name = '', query = ''] = hash.replace(/^#/u, '').split('?', 2);
  const view = viewNames.find((known) => known === name);
  return view ? { view, place: Object.fromEntries(new URLSearchParams(query)) } : { view: 'chat', place: {} };
}

export function writeAddress({ view, place }: Address): string {
  const query = new URLSearchParams(place).toString();
  return `#${view}${query && `?${query}`}`;
}
