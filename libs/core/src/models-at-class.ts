import type { CallOptions, Model, WorkClass } from '@nootropic/contracts';
import type { Models } from './models.ts';

/** The same models, where every call is of one class, whatever it says: for work that must not go before others'. */
export function modelsAtClass(models: Models, workClass: WorkClass): Models {
  return {
    ...models,
    open: async (...asked) => {
      const opened = await models.open(...asked);
      return { ...opened, model: atClass(opened.model, workClass) };
    },
    // Whoever lent them ends them.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

function atClass(model: Model, workClass: WorkClass): Model {
  const at = <Options extends CallOptions>(options?: Options) => ({ ...options, workClass });
  return {
    info: model.info,
    generate: (request, options) => model.generate(request, at(options)),
    infill: (request, options) => model.infill(request, at(options)),
    embed: (texts, options) => model.embed(texts, at(options)),
    rerank: (query, documents, options) => model.rerank(query, documents, at(options)),
    countTokens: (text) => model.countTokens(text),
    tokenize: (text, options) => model.tokenize(text, options),
    detokenize: (tokens) => model.detokenize(tokens),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
