import type { MemoryPlan, Recommendation } from '@nootropic/contracts';
import { useState } from 'react';
import { formatBytes, formatSpeed } from '../parts/amounts.ts';
import { StackedBar } from '../parts/bars.tsx';
import { Button } from '../parts/button.tsx';
import { Badge, Facts } from '../parts/facts.tsx';
import { EmptyState, ErrorNote, Waiting } from '../parts/notes.tsx';
import { Panel } from '../parts/view.tsx';
import { strings } from '../strings.ts';
import { useUi } from '../ui-context.tsx';
import { useAsked } from '../use-asked.ts';
import { GaveUp, PlanDialog, type PlanTarget } from './plan-dialog.tsx';
import { SearchPanel } from './search-panel.tsx';
import { useTransfers } from './use-transfers.ts';

type Pick = Recommendation['picks'][number];

/** What fits this machine, and a search for everything else. */
export function GetTab() {
  const [target, setTarget] = useState<PlanTarget>();
  return (
    <>
      <RecommendPanel plan={setTarget} />
      <SearchPanel plan={setTarget} />
      {target && <PlanDialog target={target} onClose={() => setTarget(undefined)} />}
    </>
  );
}

function RecommendPanel({ plan }: { readonly plan: (target: PlanTarget) => void }) {
  const { assistant } = useUi();
  const { pull, arrived } = useTransfers();
  const { value, error, again } = useAsked((signal) => assistant.models.recommend(undefined, { signal }), [arrived]);
  const text = strings.models.recommend;
  const missing = value ? missingOf(value) : [];
  return (
    <Panel
      title={text.title}
      actions={
        missing.length > 1 && (
          <Button kind="primary" onClick={() => missing.forEach(({ listing }) => pull(listing.ref, listing.name))}>
            {text.all} ({formatBytes(missing.reduce((all, { listing }) => all + (listing.bytes ?? 0), 0))})
          </Button>
        )
      }
    >
      {error && <ErrorNote error={error} again={again} />}
      {!value && !error && <Waiting label={strings.models.empty.looking} />}
      {value && (
        <>
          <p className="nt-muted">{text.machine(machineParts(value.plan))}</p>
          {value.picks.length === 0 && <EmptyState title={text.nothing} />}
          <div className="nt-picks">
            {value.picks.map((pick) => (
              <PickCard key={pick.role} pick={pick} memory={value.plan} plan={plan} />
            ))}
          </div>
          {value.plan.models.length > 0 && (
            <StackedBar
              label={text.together}
              parts={value.plan.models
                .filter(({ sharedWith }) => sharedWith === undefined)
                .map(({ role, name, estimate }) => ({
                  name: `${name} (${strings.models.roles[role]})`,
                  value: estimate.total,
                }))}
              limit={{
                name: strings.models.plan.limit,
                value: value.plan.memory.usable + (value.plan.gpu?.usable ?? 0),
              }}
              format={formatBytes}
            />
          )}
          <GaveUp sentences={value.plan.gaveUp} />
        </>
      )}
    </Panel>
  );
}

function missingOf({ picks }: Recommendation): Pick[] {
  const seen = new Set<string>();
  return picks.filter(({ installed, listing }) => !installed && !seen.has(listing.ref) && seen.add(listing.ref));
}

function machineParts({ memory, gpu }: MemoryPlan): string[] {
  const text = strings.models.recommend;
  return [
    text.total(formatBytes(memory.total)),
    text.available(formatBytes(memory.available)),
    text.usable(formatBytes(memory.usable)),
    gpu === undefined ? text.noGpu : `${gpu.name} ${formatBytes(gpu.total)}`,
  ];
}

function PickCard(props: {
  readonly pick: Pick;
  readonly memory: MemoryPlan;
  readonly plan: (target: PlanTarget) => void;
}) {
  const { role, listing, installed, why, promptSpeed, writeSpeed } = props.pick;
  const text = strings.models.recommend;
  const planned = props.memory.models.find((model) => model.role === role);
  const shared = planned?.sharedWith;
  return (
    <article className="nt-pick" aria-label={`${strings.models.roles[role]}: ${listing.name}`}>
      <header>
        <div>
          <p className="nt-faint">
            {strings.models.roles[role]} · {strings.models.rolesAbout[role]}
          </p>
          <h3>{listing.name}</h3>
        </div>
        {installed && <Badge tone="good">{text.installed}</Badge>}
      </header>
      <p className="nt-pick-why">{why}</p>
      <Facts
        facts={[
          [text.disk, listing.bytes !== undefined && formatBytes(listing.bytes)],
          [
            text.memory,
            shared ? text.shared(strings.models.roles[shared]) : planned && formatBytes(planned.estimate.total),
          ],
          [
            text.expected,
            promptSpeed !== undefined &&
              writeSpeed !== undefined &&
              text.speeds(formatSpeed(promptSpeed), formatSpeed(writeSpeed)),
          ],
          [strings.models.license, listing.license],
        ]}
      />
      {!installed && (
        <Button
          aria-label={text.getName(listing.name)}
          onClick={() => props.plan({ ref: listing.ref, name: listing.name, can: 'pull' })}
        >
          {text.get}
        </Button>
      )}
    </article>
  );
}
