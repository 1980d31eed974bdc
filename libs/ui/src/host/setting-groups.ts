import type { Setting } from '@nootropic/contracts';
import type { ValueSchema } from '../parts/schema-control.ts';

export interface SettingGroup {
  /** The first part of the keys in it. */
  readonly name: string;
  readonly settings: readonly Setting[];
}

/** Settings by the first part of their key, in the order in which they come. */
export function groupsOf(settings: readonly Setting[]): SettingGroup[] {
  const groups = new Map<string, Setting[]>();
  for (const setting of settings) {
    const name = setting.key.split('.')[0] ?? setting.key;
    groups.set(name, [...(groups.get(name) ?? []), setting]);
  }
  return [...groups].map(([name, held]) => ({ name, settings: held }));
}

/** Whether a person, or the surroundings of the host, set it. */
export function isChanged({ layer }: Setting): boolean {
  return layer !== 'default' && layer !== 'unset';
}

/** The settings that hold all the words, in their key, their description or their value. */
export function foundSettings(settings: readonly Setting[], words: string, onlyChanged: boolean): Setting[] {
  const wanted = words.toLowerCase().split(/\s+/u).filter(Boolean);
  return settings.filter((setting) => {
    if (onlyChanged && !isChanged(setting)) return false;
    const text = `${setting.key} ${setting.description} ${JSON.stringify(setting.value) ?? ''}`.toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

/** The schema of a setting; where the host gives none, what its value tells. */
export function schemaOf({ schema, value }: Setting): ValueSchema {
  if (schema) return schema as ValueSchema;
  if (typeof value === 'boolean') return { type: 'boolean' };
  if (typeof value === 'number') return { type: 'number' };
  if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    return { type: 'array', items: { type: 'string' } };
  return typeof value === 'object' && value !== null ? { type: 'object' } : { type: 'string' };
}

/** A value on one line. */
export function shownValue(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}
