import { join } from 'node:path';
import type { BenchLine, BenchRow } from './bench-line.ts';
import { coldRows } from './cold-index.ts';
import { idleRow } from './idle-host.ts';
import { openHost } from './bench-host.ts';
import { savedRow, unchangedRow } from './kept-up-index.ts';
import { searchRows } from './search-speed.ts';
import { openSourceTree, type TreePlace } from './source-tree.ts';

/** A large tree: its index from nothing, again, after one change; searching it; and a host that only watches it. */
export const treeLine: BenchLine = {
  name: 'tree',
  async measure(context) {
    await using folder = await context.place.folder();
    const tree = await openSourceTree(context, folder.path);
    context.say(`${tree.files} files, ${(tree.bytes / 1e6).toFixed(1)} MB: ${tree.packages}`);
    const place: TreePlace = { context, tree, env: { ...process.env, NOOTROPIC_HOME: join(folder.path, 'home') } };
    const rows: BenchRow[] = [...(await coldRows(place))];
    {
      await using host = await openHost(place);
      rows.push(await unchangedRow(place, host), await savedRow(place, host), ...(await searchRows(place, host)));
    }
    rows.push(await idleRow(place));
    return rows;
  },
};
