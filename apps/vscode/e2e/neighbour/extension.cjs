const { writeFileSync } = require('node:fs');
const { join } = require('node:path');
const vscode = require('vscode');

/** Each command leaves what came of it in a file of the workspace, for the test. */
exports.activate = (context) => {
  const command = (name, run) =>
    context.subscriptions.push(
      vscode.commands.registerCommand(`neighbour.${name}`, async () => {
        const came = await run().catch((cause) => ({ error: String(cause) }));
        writeFileSync(join(vscode.workspace.workspaceFolders[0].uri.fsPath, `${name}.json`), JSON.stringify(came));
      }),
    );

  command('ask', async () => {
    const models = await vscode.lm.selectChatModels({ vendor: 'nootropic' });
    const [model] = models;
    if (!model) return { models: [] };
    const response = await model.sendRequest([vscode.LanguageModelChatMessage.User('What do parcels weigh?')]);
    let text = '';
    for await (const piece of response.text) text += piece;
    return {
      models: models.map(({ id, name, maxInputTokens }) => ({ id, name, maxInputTokens })),
      text,
      tokens: await model.countTokens('some words'),
    };
  });

  command('search', async () => {
    const { content } = await vscode.lm.invokeTool('nootropic_search', {
      input: { query: 'heaviest' },
      toolInvocationToken: undefined,
    });
    return {
      tools: vscode.lm.tools.flatMap(({ name }) => (name.startsWith('nootropic_') ? [name] : [])),
      text: content.map(({ value }) => value).join(''),
    };
  });
};
