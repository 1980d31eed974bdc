import { openApiDocument } from '@nootropic/server';

/** The page of the reference: the document of everything the host answers. */
export async function openApiPage(version: string): Promise<string> {
  return `${JSON.stringify(await openApiDocument(version), null, 2)}\n`;
}
