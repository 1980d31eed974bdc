import { isKnownEvent } from '@nootropic/contracts';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tinyGguf, tinyGgufBytes } from '@nootropic/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStage, type OpenPage, type Stage } from './page.ts';
import { startSlowRegistry } from './slow-registry.ts';

let folder: string;
let gguf: string;
beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'nootropic-models-'));
  gguf = await tinyGguf({ fs, dir: folder });
});
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

/** Goes to a part of the page as its address says it. */
async function goTo({ page }: OpenPage, address: string): Promise<void> {
  await page.evaluate((hash) => {
    location.hash = hash;
  }, address);
  await page.locator('.nt-view').waitFor();
  await page.locator('.nt-view .nt-waiting').first().waitFor({ state: 'detached' });
}

/** Presses Tab until something with this name is reached, as a person without a mouse does. */
async function tabTo({ page }: OpenPage, name: RegExp): Promise<void> {
  for (let pressed = 0; pressed < 80; pressed += 1) {
    const at = await page.evaluate(() => {
      const element = document.activeElement as (HTMLElement & { labels?: NodeListOf<HTMLElement> }) | null;
      return `${element?.getAttribute('aria-label') ?? ''} ${element?.labels?.[0]?.textContent ?? ''} ${element?.tagName === 'BUTTON' ? element.textContent : ''}`;
    });
    if (name.test(at)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Nothing that is called ${String(name)} can be reached with Tab.`);
}

describe('a machine without a model', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await createStage({ env: { NOOTROPIC_MODELS_CHAT: '' } });
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  it('offers the one that fits, and takes a file in by keyboard alone', async () => {
    await using opened = await stage.open({ address: '#models' });
    const { page } = opened;
    await page.getByRole('heading', { name: 'No model that writes yet' }).waitFor();
    await page.getByRole('button', { name: /^Get .+ \(.+B\)$/u }).waitFor();
    expect(await opened.axe()).toEqual([]);
    await opened.picture('models-empty');

    await tabTo(opened, /Import a file/u);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Import a GGUF file' }).waitFor();
    await page.keyboard.type('relative.gguf');
    await page.keyboard.press('Enter');
    await page.getByText('Name the file by its absolute path.').waitFor();
    expect(await opened.axe()).toEqual([]);
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type(gguf);
    await page.keyboard.press('Enter');
    await page.getByText('is installed.', { exact: false }).waitFor();
    await page
      .getByRole('table')
      .getByText(/^tiny-chat/u)
      .waitFor();
    expect(await page.getByRole('heading', { name: 'No model that writes yet' }).count()).toBe(0);
    expect(opened.trouble).toEqual([]);
  });

  it('plans before it loads, and plans again for another context', async () => {
    await using opened = await stage.open({ address: '#models' });
    const { page } = opened;
    await page.getByRole('button', { name: /^Plan the memory of/u }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('It fits').waitFor();
    const kept = dialog.getByText(/tokens, kept as/u);
    const before = await kept.textContent();
    await dialog.getByLabel('Context length').selectOption('512');
    await dialog.getByText(/^512 tokens, kept as/u).waitFor();
    expect(before).not.toBe(await kept.textContent());
    expect(await opened.axe()).toEqual([]);
    await opened.picture('models-plan');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    expect(opened.trouble).toEqual([]);
  });

  it('loads, shows what it holds, unloads, and asks before it removes', async () => {
    await using opened = await stage.open({ address: '#models' });
    const { page } = opened;
    const live = page.getByRole('region', { name: 'In memory now' });
    await live.getByRole('button', { name: /^Load tiny-chat/u }).click();
    await live
      .getByRole('button', { name: /^Unload/u })
      .first()
      .waitFor();
    await live
      .getByRole('button', { name: /^Unload/u })
      .first()
      .click();
    await page.getByText(/is out of memory; .+ are free again\./u).waitFor();
    await page.getByRole('button', { name: /^Remove tiny-chat/u }).click();
    await page
      .getByRole('dialog', { name: /^Remove tiny-chat/u })
      .getByRole('button', { name: 'Cancel' })
      .click();
    expect((await stage.assistant.models.list()).stored).toHaveLength(1);
    expect(opened.trouble).toEqual([]);
  });
});

describe('a download', () => {
  let registry: Awaited<ReturnType<typeof startSlowRegistry>>;
  let stage: Stage;
  beforeAll(async () => {
    registry = await startSlowRegistry(tinyGgufBytes());
    stage = await createStage({ env: { NOOTROPIC_MODELS_CHAT: '', HF_ENDPOINT: registry.url } });
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
    await registry[Symbol.asyncDispose]();
  });

  it('shows how far it is, is there again after the page was left, and goes on to its end', async () => {
    await using opened = await stage.open({ address: '#models?tab=get' });
    const { page } = opened;
    await page.getByRole('searchbox', { name: 'Search models' }).fill(registry.ref);
    await page.getByRole('button', { name: 'Plan this reference' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('It fits').waitFor();
    registry.pace(true);
    await dialog.getByRole('button', { name: /^Download/u }).click();
    const list = page.getByRole('region', { name: 'On their way' });
    await list.getByRole('progressbar').waitFor();
    await list.getByText(/^\d.* of \d/u).waitFor();
    await page.reload();
    await goTo(opened, '#models');
    await list.getByText(/^Interrupted/u).waitFor();
    expect(await opened.axe()).toEqual([]);
    await opened.picture('models-interrupted');
    registry.pace(false);
    await list.getByRole('button', { name: 'Go on' }).click();
    await list.getByText(/is installed\.$/u).waitFor();
    expect(registry.began()).toBeGreaterThan(0);
  });
});

describe('a host with work', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await createStage({ env: { NOOTROPIC_MODELS_CHAT: '', NOOTROPIC_LOG_LEVEL: 'warn' } });
    await seed(stage, gguf);
  });
  afterAll(() => stage[Symbol.asyncDispose]());

  const views = [
    '#models',
    '#models?tab=get',
    '#models?tab=bench',
    '#models?tab=usage',
    '#models?tab=keys',
    '#metrics',
    '#jobs',
    '#egress',
    '#egress?tab=audit',
    '#settings',
    '#settings?tab=mcp',
    '#settings?tab=programs',
    '#memory',
    '#memory?tab=sources',
    '#memory?tab=contexts',
  ];
  const looks = [
    { theme: 'light', size: 'wide' },
    { theme: 'dark', size: 'wide' },
    { theme: 'light', size: 'narrow' },
    { theme: 'dark', size: 'narrow' },
  ] as const;

  it.each(looks)('shows every view: $theme, $size', async (look) => {
    await using opened = await stage.open(look);
    const { page } = opened;
    for (const view of views) {
      await goTo(opened, view);
      const faults = await opened.axe();
      expect([view, faults]).toEqual([view, []]);
      const wider = await page.evaluate(() =>
        ['.nt-view-body', 'html'].filter((where) => {
          const element = document.querySelector(where);
          return element !== null && element.scrollWidth > element.clientWidth;
        }),
      );
      expect([view, wider]).toEqual([view, []]);
    }
    expect(opened.trouble).toEqual([]);
  });

  it('measures a model and draws what came of it', async () => {
    await using opened = await stage.open({ address: '#models?tab=bench' });
    const { page } = opened;
    await page.getByRole('button', { name: /^Measure/u }).click();
    await page.getByRole('progressbar').waitFor();
    await goTo(opened, '#models');
    await goTo(opened, '#models?tab=bench');
    await page.getByRole('figure', { name: 'Writes, tokens/s' }).waitFor({ timeout: 90_000 });
    expect(await opened.axe()).toEqual([]);
    await opened.picture('models-bench');
    expect(opened.trouble).toEqual([]);
  });

  it('draws metrics that can be read as a table, and finds every family', async () => {
    await using opened = await stage.open({ address: '#metrics', theme: 'dark' });
    const { page } = opened;
    await page.getByRole('figure', { name: 'Memory of the host' }).getByRole('img').waitFor();
    await stage.assistant.index.stats({ workspace: stage.repository });
    await ask(stage, 'Where is the wait doubled?');
    await page.getByRole('figure', { name: 'Time to the first token' }).getByRole('img').waitFor();
    const chart = page.getByRole('figure', { name: 'Memory of the host' });
    await chart.getByRole('img').focus();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => chart.getByRole('status').textContent()).toMatch(/\d\d:\d\d:\d\d, Memory of the host \d/u);
    await chart.getByText('As a table').click();
    expect(await chart.getByRole('row').count()).toBeGreaterThan(1);
    await page.getByRole('searchbox', { name: 'Find a metric' }).fill('queue wait');
    await page.getByText('nootropic_queue_wait_seconds').waitFor();
    expect(await page.getByText('nootropic_turns_total').count()).toBe(0);
    await page.getByRole('button', { name: 'Check everything' }).click();
    await page.getByText(/checks are fine/u).waitFor();
    expect(await opened.axe()).toEqual([]);
    expect(opened.trouble).toEqual([]);
  });

  it('adds a job by keyboard, follows it, and shows why another is dead', async () => {
    await using opened = await stage.open({ address: '#jobs' });
    const { page } = opened;
    await page.getByRole('button', { name: 'Add a job' }).first().waitFor();
    await tabTo(opened, /Add a job/u);
    await page.keyboard.press('Enter');
    const form = page.getByRole('dialog', { name: 'Add a job' });
    await form.getByLabel('What is to be done').selectOption('index');
    await tabTo(opened, /^ ?Name/u);
    await page.keyboard.type('Index by hand');
    expect(await opened.axe()).toEqual([]);
    await opened.picture('jobs-add');
    await page.keyboard.press('Tab');
    await form.getByRole('button', { name: 'Add', exact: true }).press('Enter');
    const job = page.getByRole('dialog', { name: 'Index by hand' });
    await job.getByText('done', { exact: true }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Show them' }).click();
    await page.getByRole('button', { name: 'Show A folder that is gone' }).click();
    const dead = page.getByRole('dialog', { name: 'A folder that is gone' });
    await dead.getByText('PATH_NOT_FOUND').waitFor();
    expect(await opened.axe()).toEqual([]);
    await dead.getByRole('button', { name: 'Forget' }).click();
    await page.getByRole('dialog', { name: 'Forget this job?' }).getByRole('button', { name: 'Forget' }).click();
    await page.getByText('No job is like this.').waitFor();
    expect(opened.trouble).toEqual([]);
  });

  it('changes a setting, says what is wrong with a value next to it, and takes it back', async () => {
    await using opened = await stage.open({ address: '#settings' });
    const { page } = opened;
    await page.getByRole('searchbox', { name: 'Find a setting' }).fill('answer.maxTokens');
    const value = page.getByLabel('answer.maxTokens', { exact: true });
    await value.fill('0');
    await value.press('Enter');
    await page.getByText('At least 1.').waitFor();
    expect(await opened.axe()).toEqual([]);
    await value.fill('512');
    await value.press('Enter');
    await page.getByText('answer.maxTokens is written.').waitFor();
    await page.getByText('your file', { exact: true }).waitFor();
    expect((await stage.assistant.config.list()).find(({ key }) => key === 'answer.maxTokens')?.value).toBe(512);
    await page.getByRole('button', { name: 'Reset answer.maxTokens' }).click();
    await page.getByText('answer.maxTokens is back at its default.').waitFor();
    await expect.poll(() => value.inputValue()).toBe('1024');
    expect(opened.trouble).toEqual([]);
  });

  it('shows the key of a program once', async () => {
    await using opened = await stage.open({ address: '#settings?tab=programs' });
    const { page } = opened;
    await page.getByRole('button', { name: 'Add a program' }).click();
    await page.keyboard.type('Zed!');
    await page.keyboard.press('Enter');
    await page.getByText('Begin with a small letter or a digit', { exact: false }).waitFor();
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('continue');
    await page.keyboard.press('Enter');
    const shown = page.getByRole('dialog', { name: 'Key of continue' });
    const key = await shown.getByLabel('Key', { exact: true }).inputValue();
    expect(key.length).toBeGreaterThan(20);
    expect(await opened.axe()).toEqual([]);
    await shown.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('cell', { name: 'continue', exact: true }).waitFor();
    expect(await page.content()).not.toContain(key);
    expect(opened.trouble).toEqual([]);
  });

  it('says that nothing left, how that is known, and that the log is whole', async () => {
    await using opened = await stage.open({ address: '#egress' });
    const { page } = opened;
    await page.getByRole('heading', { name: 'Nothing left this machine today' }).waitFor();
    await page.getByRole('heading', { name: 'How this is known' }).waitFor();
    await opened.picture('egress');
    await page.getByRole('tab', { name: 'Audit log' }).click();
    await page.getByRole('button', { name: 'Verify the log' }).click();
    await page.getByText(/^All \d+ entries are as they were written\./u).waitFor();
    await page.getByLabel('Action').selectOption('client');
    await page.getByRole('searchbox', { name: 'Find an entry' }).fill('open-webui');
    await page.getByText('change added, client open-webui', { exact: false }).waitFor();
    expect(await opened.axe()).toEqual([]);
    expect(opened.trouble).toEqual([]);
  });

  it('keeps a note, finds it, and lets it go', async () => {
    await using opened = await stage.open({ address: '#memory?tab=sources' });
    const { page } = opened;
    await page.getByRole('button', { name: 'Add a source' }).click();
    await page.getByRole('textbox', { name: 'Note', exact: true }).fill('The store is rebooted on Sunday night.');
    await page.getByLabel('Name', { exact: true }).fill('store-notes');
    await page.getByRole('dialog').getByRole('button', { name: 'Add a source' }).click();
    await page.getByRole('cell', { name: 'store-notes', exact: true }).waitFor();
    await page.getByRole('searchbox', { name: 'Search the sources' }).fill('when is the store rebooted');
    await page.keyboard.press('Enter');
    await page
      .getByRole('list', { name: 'Passages that were found' })
      .getByText('Sunday night', { exact: false })
      .first()
      .waitFor();
    expect(await opened.axe()).toEqual([]);
    await page.getByRole('button', { name: 'Remove store-notes' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByText('store-notes is removed.').waitFor();
    expect(opened.trouble).toEqual([]);
  });

  it('looks as the guides show it', async () => {
    await using opened = await stage.open({ address: '#models' });
    const { page } = opened;
    await page.getByRole('region', { name: 'In memory now' }).getByRole('row').nth(1).waitFor();
    await opened.picture('models');
    await goTo(opened, '#jobs');
    await opened.picture('jobs');
    await goTo(opened, '#settings');
    await opened.picture('settings');
    await using dark = await stage.open({ address: '#metrics', theme: 'dark' });
    await dark.page.getByRole('figure', { name: 'Memory of the host' }).getByRole('img').waitFor();
    for (const question of ['What is sent again?', 'How long does it wait?', 'Who speaks with the store?'])
      await ask(stage, question);
    await dark.page.getByRole('figure', { name: 'Prompt not read again' }).getByRole('img').waitFor();
    await dark.page
      .getByRole('heading', { name: 'Charts' })
      .evaluate((element) => element.scrollIntoView({ block: 'start' }));
    await dark.picture('metrics');
    expect([...opened.trouble, ...dark.trouble]).toEqual([]);
  });
});

async function ask(stage: Stage, text: string): Promise<void> {
  for await (const event of await stage.assistant.send({ workspace: stage.repository, text })) {
    if (isKnownEvent(event) && event.type === 'turn-error') throw new Error(event.error.message);
  }
}

/** Some work of every kind, of which each view has something to show. */
async function seed({ assistant, repository }: Stage, model: string): Promise<void> {
  for await (const event of await assistant.models.import({ path: model })) void event;
  const workspace = repository;
  await assistant.clients.add({ name: 'zed', role: 'models' });
  await assistant.clients.add({ name: 'open-webui', role: 'user', requestsPerMinute: 120, tokensPerDay: 2_000_000 });
  const index = { kind: 'index' as const, payload: { workspace } };
  await assistant.jobs.add({ ...index, label: 'Index of parcels' });
  await assistant.jobs.add({ ...index, label: 'Index of parcels, every night', cron: '0 3 * * *' });
  await assistant.jobs.add({ ...index, label: 'Index on working days', cron: '30 9 * * 1-5' });
  await assistant.jobs.add({
    kind: 'turn',
    payload: { workspace, text: 'Where is the retry made?' },
    delayMs: 3_600_000,
  });
  await assistant.jobs.add({
    kind: 'index',
    payload: { workspace: '/nowhere/at-all' },
    label: 'A folder that is gone',
    retry: { attempts: 1 },
  });
  for await (const event of await assistant.sources.add({
    ...{ workspace, kind: 'notes', name: 'release-notes', text: 'Releases are cut on Tuesdays.' },
  }))
    void event;
  await assistant.config.set({ key: 'answer.maxTokens', value: 1024 });
  const { job } = await assistant.jobs.add({
    kind: 'turn',
    payload: { workspace, text: 'What does the uploader do?' },
    label: 'What does the uploader do?',
  });
  for await (const changed of await assistant.jobs.watch({ id: job.id })) if (changed.state === 'done') break;
}
