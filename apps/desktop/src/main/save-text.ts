import { writeFile } from 'node:fs/promises';
import type { Electron } from './electron.ts';

/** Writes a text where a person says; gives whether they did. Rejects where it cannot be written. */
export async function saveText(
  { dialog }: Pick<Electron, 'dialog'>,
  { name, text }: { readonly name: string; readonly text: string },
): Promise<boolean> {
  const { canceled, filePath } = await dialog.showSaveDialog({ defaultPath: name });
  if (canceled || filePath === '') return false;
  await writeFile(filePath, text, 'utf8');
  return true;
}
