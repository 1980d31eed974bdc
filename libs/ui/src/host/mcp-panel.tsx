import type { McpServer } from '@nootropic/contracts';
import { Plug } from 'lucide-react';
import { Button } from '../parts/button.tsx';
import { Badge } from '../parts/facts.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { WordDiff } from './word-diff.tsx';

type Tool = McpServer['tools'][number];

const stateTones = { off: 'plain', ready: 'good', failed: 'bad', 'waits-for-approval': 'warn' } as const;
const approvalTones = { approved: 'good', new: 'accent', changed: 'warn' } as const;

/** The MCP servers that are set up, what their tools say of themselves, and approving that. */
export function McpPanel() {
  const { assistant, say, go } = useUi();
  const { value, error, loading, again } = useAsked((signal) => assistant.mcp.list(undefined, { signal }), []);
  const text = strings.host.mcp;
  const approve = async (server: McpServer, tools: readonly Tool[]): Promise<void> => {
    try {
      await assistant.mcp.approve({ name: server.name, tools: tools.map(({ name }) => name) });
      say(text.approved(server.name));
      again();
    } catch (cause) {
      say(cause as Error);
    }
  };
  const toSetting = (
    <Button kind="quiet" onClick={() => go('settings', { find: 'mcp.servers' })}>
      {text.toSetting}
    </Button>
  );
  return (
    <>
      <p className="nt-muted">{text.about}</p>
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting />}
      {value?.length === 0 && (
        <EmptyState icon={<Plug size={32} aria-hidden />} title={text.nothing}>
          <p>{text.nothingText}</p>
          {toSetting}
        </EmptyState>
      )}
      {value?.map((server) => (
        <ServerPanel key={server.name} server={server} approve={(tools) => void approve(server, tools)} />
      ))}
      {value && value.length > 0 && (
        <div className="nt-actions">
          <Button disabled={loading} onClick={again}>
            {text.refresh}
          </Button>
          {toSetting}
        </div>
      )}
    </>
  );
}

function ServerPanel({
  server,
  approve,
}: {
  readonly server: McpServer;
  readonly approve: (tools: readonly Tool[]) => void;
}) {
  const text = strings.host.mcp;
  const open = server.tools.filter(({ approval }) => approval !== 'approved');
  return (
    <Panel
      title={server.name}
      actions={
        <>
          <Badge tone={stateTones[server.state]}>{text.states[server.state]}</Badge>
          {open.length > 1 && (
            <Button kind="primary" onClick={() => approve(open)}>
              {text.approveAll(open.length)}
            </Button>
          )}
        </>
      }
    >
      <p className="nt-faint">
        <code>{server.command?.join(' ') ?? server.url ?? ''}</code> {text.tools(server.tools.length)} {server.detail}
      </p>
      {open.length > 0 && <p className="nt-muted">{text.warning}</p>}
      <ul className="nt-bare-list">
        {server.tools.map((tool) => (
          <li key={tool.name} className="nt-tool">
            <div className="nt-tool-head">
              <code>{tool.name}</code>
              <Badge tone={approvalTones[tool.approval]}>{text.approvals[tool.approval]}</Badge>
              {tool.approval !== 'approved' && (
                <Button aria-label={text.approveTool(tool.name)} onClick={() => approve([tool])}>
                  {text.approve}
                </Button>
              )}
            </div>
            {tool.approval === 'changed' && <p className="nt-muted">{text.changedText}</p>}
            {tool.approved === undefined ? (
              <p>{tool.description}</p>
            ) : (
              <WordDiff before={tool.approved} after={tool.description} titles={[text.was, text.is]} />
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
