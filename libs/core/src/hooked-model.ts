import { NootropicError, type Model, type TurnEventBody } from '@nootropic/contracts';
import type { Hooks } from './hooks.ts';

/**
 * A model whose every answer the hooks hear of: before it is asked, when one may forbid it, and after it has answered. What a hook says to the
 * model is not passed on here: it would change a prompt that was read already.
 *
 * @param report Takes the events of the hooks, since a model has none of its own.
 */
export function hookedModel(
  model: Model,
  { hooks, report }: { readonly hooks: Hooks; readonly report: (event: TurnEventBody) => void },
): Model {
  const fire = async (...asked: Parameters<Hooks['fire']>) => {
    const events = hooks.fire(...asked);
    let step = await events.next();
    for (; !step.done; step = await events.next()) report(step.value);
    return step.value;
  };
  return {
    info: model.info,
    async *generate(request, options) {
      const facts = { model: model.info.ref, messages: request.messages.length };
      const { decision, reason } = await fire('BeforeModel', facts);
      if (decision === 'deny') throw new NootropicError('DENIED', `A hook forbids to ask the model: ${reason}`);
      let text = '';
      for await (const event of model.generate(request, options)) {
        if (event.type === 'text') text += event.text;
        yield event;
      }
      await fire('AfterModel', { ...facts, response: text });
    },
    infill: (request, options) => model.infill(request, options),
    embed: (texts, options) => model.embed(texts, options),
    rerank: (query, documents, options) => model.rerank(query, documents, options),
    countTokens: (text) => model.countTokens(text),
    tokenize: (text, options) => model.tokenize(text, options),
    detokenize: (tokens) => model.detokenize(tokens),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
