import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import type { Finish } from '../program.ts';
import { addModelsBench } from './models-bench.ts';
import { addModelsImport } from './models-import.ts';
import { addModelsList } from './models-list.ts';
import { addModelsLoad } from './models-load.ts';
import { addModelsPlan } from './models-plan.ts';
import { addModelsPs } from './models-ps.ts';
import { addModelsPull } from './models-pull.ts';
import { addModelsRecommend } from './models-recommend.ts';
import { addModelsRm } from './models-rm.ts';
import { addModelsSearch } from './models-search.ts';
import { addModelsShow } from './models-show.ts';
import { addModelsUsage } from './models-usage.ts';

export function addModels(parent: Command, cli: Cli, finish: Finish): void {
  const models = parent
    .command('models')
    .helpCommand(false)
    .summary('find, get, measure and watch language models')
    .description('Language models: find one that fits, get it, measure it, and see what is in memory.');
  models.commandsGroup('Get one:');
  addModelsRecommend(models, cli, finish);
  addModelsSearch(models, cli, finish);
  addModelsPlan(models, cli, finish);
  addModelsPull(models, cli, finish);
  addModelsImport(models, cli, finish);
  models.commandsGroup('What is here:');
  addModelsList(models, cli, finish);
  addModelsShow(models, cli, finish);
  addModelsBench(models, cli, finish);
  addModelsRm(models, cli, finish);
  models.commandsGroup('What runs:');
  addModelsPs(models, cli, finish);
  addModelsLoad(models, cli, finish);
  addModelsUsage(models, cli, finish);
}
